import { z } from "zod";
import { FairleadError } from "../errors.ts";
import type { PullRequestAdditions } from "../git/provider.ts";
import { checkTemplate } from "../text/template.ts";

/** The words that differ between pipelines that open a pull request. */
export interface PullRequestWords {
  /** The names that a title or a body may have in braces. */
  readonly placeholders: readonly string[];
  /** The branch to which the pull request goes: "the branch that Flux applies". */
  readonly base: string;
}

/** Returns the fields that say how a pull request looks and what becomes of it, for every pipeline that opens one. */
export function pullRequestFields({ placeholders, base }: PullRequestWords) {
  const names = z.array(z.string().min(1)).default([]);
  const known = placeholders.map((name) => `{${name}}`).join(" ");
  return {
    title: template(placeholders).optional().describe("title of the pull request and of its commit; it may name what the body may"),
    body: template(placeholders).optional().describe(`body of the pull request; it may name ${known}`),
    labels: names.describe("label of the pull request"),
    reviewers: names.describe("user whose review is asked for, or team as ORG/TEAM"),
    assignees: names.describe("user to whom the pull request is assigned"),
    milestone: z.string().min(1).optional().describe("milestone of the pull request, by its title"),
    draft: z.boolean().default(false).describe("open the pull request as a draft"),
    autoMerge: z
      .enum(["merge", "squash", "rebase"])
      .optional()
      .describe("method by which the pull request is merged as soon as it may be: merge, squash or rebase; without it, by a person"),
    reopen: z.boolean().default(false).describe("ask again for what somebody closed without merging it"),
    direct: z.boolean().default(false).describe(`commit straight to ${base}, without a pull request`),
  };
}

function template(placeholders: readonly string[]): z.ZodString {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        checkTemplate(text, placeholders);
      } catch (error) {
        if (!(error instanceof FairleadError)) throw error;
        context.addIssue({ code: "custom", message: error.message, input: text, params: { hint: error.hint } });
      }
    });
}

/** The parsed fields of a pull request. */
export type PullRequestInput = z.output<z.ZodObject<ReturnType<typeof pullRequestFields>>>;

/** Returns what is put to the pull request. */
export function additionsOf({ labels, reviewers, assignees, milestone }: PullRequestInput): PullRequestAdditions {
  const teams = reviewers.filter((name) => name.includes("/"));
  return {
    labels,
    assignees,
    reviewers: reviewers.filter((name) => !name.includes("/")),
    teamReviewers: teams.map((name) => name.slice(name.lastIndexOf("/") + 1)),
    milestone,
  };
}

const ofPullRequest = ["body", "labels", "reviewers", "assignees", "milestone", "draft", "autoMerge", "reopen"] as const;

/** With `direct` there is no pull request that the other fields could be for. */
export const directRule = {
  fields: ["direct", ...ofPullRequest],
  check(input: Pick<PullRequestInput, "direct" | (typeof ofPullRequest)[number]>) {
    const isGiven = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false);
    const given = input.direct ? ofPullRequest.filter((field) => isGiven(input[field])) : [];
    const message = "a commit straight to the branch has no pull request";
    return given.map((field) => ({ field, message, hint: "leave these out, or leave out --direct" }));
  },
} as const;
