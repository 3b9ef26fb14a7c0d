import { FairleadError } from "../../core/errors.ts";

/** Returns what is wrong with a setting of the engine; undefined for `auto`, `docker`, `native` and an address such as `tcp://10.0.0.1:1234`. */
export function engineProblem(setting: string): string | undefined {
  if (["auto", "docker", "native"].includes(setting) || isAddress(setting)) return undefined;
  return `"${setting}" is neither auto, docker, native nor an address`;
}

/** Throws `input` for a setting by which no engine can be chosen. */
export function assertEngineSetting(setting: string): void {
  const problem = engineProblem(setting);
  if (problem === undefined) return;
  throw new FairleadError("input", `choose engine: ${problem}`, {
    hint: "set FAIRLEAD_ENGINE to one of them; an address looks like tcp://10.0.0.1:1234",
  });
}

/** Tells whether a setting is the address of an engine. */
export function isAddress(setting: string): boolean {
  return /^[a-z][a-z+-]*:\/\/./.test(setting);
}
