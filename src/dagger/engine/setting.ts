import { FairleadError } from "../../core/errors.ts";
import { variable } from "./environment.ts";

/** Returns the setting of the engine: the given one, else that of `FAIRLEAD_ENGINE`, else `auto`. Throws `input` for one by which no engine can be chosen. */
export function engineSetting(given: string | undefined): string {
  const setting = given ?? variable("FAIRLEAD_ENGINE") ?? "auto";
  assertEngineSetting(setting, given === undefined ? "FAIRLEAD_ENGINE" : "--engine");
  return setting;
}

/** Returns what is wrong with a setting of the engine; undefined for `auto`, `docker`, `native` and an address such as `tcp://10.0.0.1:1234`. */
export function engineProblem(setting: string): string | undefined {
  if (["auto", "docker", "native"].includes(setting)) return undefined;
  if (!isAddress(setting)) return `"${setting}" is neither auto, docker, native nor an address`;
  return setting.startsWith("tcp://") && hostAndPort(setting) === undefined ? `"${setting}" has no port` : undefined;
}

/** Throws `input` for a setting by which no engine can be chosen; `name` is how a person gave it. */
export function assertEngineSetting(setting: string, name = "--engine or FAIRLEAD_ENGINE"): void {
  const problem = engineProblem(setting);
  if (problem === undefined) return;
  throw new FairleadError("input", `choose engine: ${problem}`, {
    hint: `set ${name} to auto, docker, native or an address such as tcp://10.0.0.1:1234`,
  });
}

/** Tells whether a setting is the address of an engine. */
export function isAddress(setting: string): boolean {
  return /^[a-z][a-z+-]*:\/\/./.test(setting);
}

/** Returns where a `tcp://` address leads; undefined for one without a port. */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.port === "") return undefined;
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port) };
}
