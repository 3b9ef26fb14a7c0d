import type { Values } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { inputError } from "../../src/core/errors.ts";
import { formatRepository, parseRepository } from "../../src/core/git/repository.ts";

/** `--delivery`: of which runs are listed, or canceled. */
export const deliveryFlag: Flag = {
  name: "delivery",
  kind: "string",
  sentence: "list, or cancel, only runs of this delivery",
  placeholder: "ID",
  required: false,
};

/** `--repository`: whose events lists are about. */
export const repositoryFlag: Flag = {
  name: "repository",
  kind: "string",
  sentence: "list only what came of this repository's events, such as github.com/acme/app",
  placeholder: "HOST/OWNER/NAME",
  required: false,
};
const usualLimit = 20;

/** `--limit`: the length of a list. */
export const limitFlag: Flag = {
  name: "limit",
  kind: "int",
  sentence: "list at most this many, the newest first",
  required: false,
  default: usualLimit,
};

/** Returns the length of a list. Throws `input` for none. */
export function limitOf({ limit = usualLimit }: Values): number {
  if (typeof limit === "number" && limit >= 1) return limit;
  throw inputError("list", [{ field: "limit", message: "expected 1 or more" }]);
}

/** Returns the repository that lists are about, by its name in events. Throws `input` for what names none. */
export function repositoryOf({ repository }: Values): string | undefined {
  return typeof repository === "string" ? formatRepository(parseRepository(repository)) : undefined;
}
