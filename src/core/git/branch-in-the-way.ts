import { FairleadError } from "../errors.ts";

/** Returns the branches that a branch cannot be beside, above it: of `fairlead/web-1` that is `fairlead`. https://git-scm.com/docs/git-check-ref-format */
export function branchesAbove(branch: string): readonly string[] {
  const parts = branch.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Returns the error of a push that a branch keeps out: Git keeps a branch as a file, and those below it in a folder of that name. */
export function branchInTheWay(doing: string, name: string): FairleadError {
  return new FairleadError("conflict", `${doing}: the branch ${name} is in its way`, { hint: `rename or delete the branch ${name}` });
}
