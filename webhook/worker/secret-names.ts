import { configCredentials, type CommonConfig } from "../../src/config.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { secretsOf } from "../config/with.ts";

/** Returns what tells of a secret by what it is: `token of github.com`, or a route's field. A reference may be a command, which is not shown. */
export function secretNames(
  credentials: CommonConfig["credentials"],
  { pipeline, with: values }: Pick<Route, "pipeline" | "with">,
): (reference: string) => string {
  const names = new Map<string, string>();
  const note = (reference: string, name: string): ReturnType<typeof stubSecret> => {
    if (!names.has(reference)) names.set(reference, name);
    return stubSecret(reference, name);
  };
  secretsOf(pipeline, values, note);
  configCredentials({ credentials }, note);
  return (reference) => names.get(reference) ?? "of the run";
}
