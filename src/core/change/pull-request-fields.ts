import { z } from "zod";
import { FairleadError } from "../errors.ts";
import type { PullRequestAdditions } from "../git/provider.ts";
import type { FieldMeta } from "../run/input.ts";
import { checkTemplate } from "../text/template.ts";

/** The words that differ between pipelines that open a pull request. */
export interface PullRequestWords {
  /** The names that a title or a body may have as `${{ NAME }}`. */
  readonly placeholders: readonly string[];
  /** The branch to which the pull request goes: "the branch that Flux applies". */
  readonly base: string;
  /** The title and the body of a pull request for which none is given. */
  readonly ownTitle: string;
  readonly ownBody: string;
}

/** The fields of a pull request alone. */
const ofPullRequest = ["body", "labels", "reviewers", "assignees", "milestone", "draft", "autoMerge", "reopen"] as const;

/** Returns the fields that say how a pull request looks and what becomes of it, for every pipeline that opens one. */
export function pullRequestFields({ placeholders, base, ownTitle, ownBody }: PullRequestWords) {
  const names = z.array(z.string().min(1)).default([]);
  return {
    title: template(placeholders)
      .optional()
      .describe("give the pull request and its commit this title, with the same ${{NAME}} as in the body")
      .meta({ byDefault: ownTitle, placeholder: "TEXT" } satisfies FieldMeta),
    body: template(placeholders)
      .optional()
      .describe(`give the pull request this body; in it \${{NAME}} is one of ${placeholders.join(", ")}`)
      .meta({ byDefault: ownBody, placeholder: "TEXT" } satisfies FieldMeta),
    labels: names.describe("add this label to the pull request").meta({ placeholder: "NAME" } satisfies FieldMeta),
    reviewers: names
      .describe("ask this user for a review, or a team as ORG/TEAM")
      .meta({ placeholder: "USER|ORG/TEAM" } satisfies FieldMeta),
    assignees: names.describe("assign the pull request to this user").meta({ placeholder: "USER" } satisfies FieldMeta),
    milestone: z
      .string()
      .min(1)
      .optional()
      .describe("add the pull request to this milestone, by its title")
      .meta({ placeholder: "TITLE" } satisfies FieldMeta),
    draft: z.boolean().default(false).describe("open the pull request as a draft"),
    autoMerge: z
      .enum(["merge", "squash", "rebase"])
      .optional()
      .describe("have the pull request merged by this method as soon as its requirements are met")
      .meta({ byDefault: "a person merges it", namedOnly: true } satisfies FieldMeta),
    reopen: z
      .boolean()
      .default(false)
      .describe("open a new pull request even if somebody closed the one for this change without merging it")
      .meta({ byDefault: "it stays closed", namedOnly: true } satisfies FieldMeta),
    direct: z
      .boolean()
      .default(false)
      .describe(`commit straight to ${base}, without a pull request`)
      .meta({ namedOnly: true, excludes: [...ofPullRequest, "notify"] } satisfies FieldMeta),
  };
}

function template(placeholders: readonly string[]): z.ZodString {
  return z
    .string()
    .min(1)
    .meta({ placeholders } satisfies FieldMeta)
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
