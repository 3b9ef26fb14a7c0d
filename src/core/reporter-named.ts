import { FairleadError } from "./errors.ts";
import { opens } from "./opens.ts";
import type { Reporter } from "./reporter.ts";

/** Returns the name of the reporter that `auto` stands for at a repository: a check where an App is its credential, else a status. */
export function autoReporter(credentials: Readonly<Record<string, object>>, repository: string): "check" | "status" {
  const [nearest] = Object.entries(credentials)
    .filter(([name]) => opens(name, repository))
    .toSorted(([a], [b]) => b.length - a.length);
  return nearest !== undefined && "app" in nearest[1] && nearest[1].app !== undefined ? "check" : "status";
}

/** Returns the reporter of a name. Throws `unsupported` where the list has none. */
export function reporterNamed(name: string, reporters: readonly Reporter[]): Reporter {
  const found = reporters.find((each) => each.name === name);
  if (found === undefined) throw new FairleadError("unsupported", `report run: there is no reporter ${name}`);
  return found;
}
