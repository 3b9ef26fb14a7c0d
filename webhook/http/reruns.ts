/** Runs that somebody has asked for anew at the provider, by the button of a check. */
import type { Event } from "../../src/core/event.ts";
import type { RerunEvent } from "../../src/core/event/own.ts";
import { opens } from "../../src/core/opens.ts";
import type { ListenerConfig, Source } from "../config.ts";
import type { AskedRerun, Rerun } from "../store.ts";

/** What a delivery asks for: what the store is to judge, and what it is not even asked. */
export interface AskedReruns {
  readonly asked: readonly AskedRerun[];
  readonly refused: readonly Rerun[];
}

/** Returns the runs that events ask for anew. Only a proven source may, of a check of the App that is the credential of the repository. */
export function rerunsOf(
  events: readonly Event[],
  { name, readAgain }: Pick<Source, "name" | "readAgain">,
  { credentials }: Pick<ListenerConfig, "credentials">,
): AskedReruns {
  const all = events.filter((event) => event.kind === "rerun");
  const isOurs = ({ repository, app }: RerunEvent): boolean =>
    !readAgain && Object.entries(credentials).some(([place, { app: own }]) => opens(place, repository) && app.includes(String(own)));
  return {
    asked: all.filter(isOurs).map(({ run, repository, commit, by }) => ({ run, repository, commit, by, source: name })),
    refused: all.filter((event) => !isOurs(event)).map(({ run }) => ({ of: run, why: "its check is of no App of credentials" })),
  };
}

/** Returns what became of each, for the log and the answer. */
export function rerunTexts(reruns: readonly Rerun[]): readonly string[] {
  return reruns.map((each) => ("run" in each ? `${each.of}: again as ${each.run}` : `${each.of}: ${each.why}`));
}
