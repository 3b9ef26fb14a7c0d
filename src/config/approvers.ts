import { z } from "zod";
import { adapters } from "../adapters.ts";
import { FairleadError } from "../core/errors.ts";
import type { Approvers } from "../core/gate/approvers.ts";
import { oneOrMore } from "./values.ts";

const team = z
  .string()
  .regex(/^[\w-](?:[\w.-]{0,98}[\w-])?\/[\w-][\w.-]{0,98}$/, "expected a team with its organization, such as acme/release-team");

const teamsOf: Readonly<Record<string, z.ZodOptional<z.ZodType<string[], string | string[]>>>> = Object.fromEntries(
  adapters.gitProviders.map(({ name }) => [name, oneOrMore(team).optional().describe("members of these teams may approve")]),
);

/** Fields that say whose approval counts: teams by the provider of the repository, and a right in the repository. */
export const approverFields = {
  ...teamsOf,
  right: z
    .enum(["write", "maintain", "admin"])
    .optional()
    .describe("whoever has this right in the repository may approve (default: write where there are no teams)"),
};

/** Whose approval counts, as it is written. */
export type WrittenApprovers = Readonly<Record<string, unknown>> & { readonly right?: "write" | "maintain" | "admin" | undefined };

/**
 * Returns the people whose approval counts in a repository of this provider: nobody where an environment alone is named, which has reviewers of its own. Throws
 * `input` where only people of another provider are named.
 */
export function approversAt(provider: string, { right, environment, ...teams }: WrittenApprovers): Approvers {
  const all = adapters.gitProviders.flatMap(({ name }) => (teams[name] === undefined ? [] : [name]));
  const own = (all.includes(provider) ? teams[provider] : []) as readonly string[];
  if (right === undefined && all.length > 0 && own.length === 0)
    throw new FairleadError(
      "input",
      `ask for an approval: approve names teams of ${all.join(" and ")} alone, and the repository is at ${provider}`,
      {
        hint: "name teams there, or a right",
      },
    );
  return { right: right ?? (all.length === 0 && environment === undefined ? "write" : undefined), teams: own };
}
