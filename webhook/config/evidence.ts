/** What an event is worth: whether its sender is proven, and if not, whether what it says can be read again. */
import type { z } from "zod";
import type { Event } from "../../src/core/event.ts";
import { formatRepository } from "../../src/core/git/repository.ts";
import { repositoriesOf } from "../../src/core/run/parsed-input.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { fillValues, fromEventOf, leavesOf } from "./fill.ts";
import type { WithValues } from "./with.ts";

/** The registry is asked for an image, and Git for a branch or a tag. */
const readable: ReadonlySet<Event["kind"]> = new Set(["image", "push", "tag"]);

/** Kinds on which a run's trust may rest, so that nobody who is not proven may make one, not even to wake a run. */
const provenOnly: ReadonlySet<Event["kind"]> = new Set(["workflow", "check", "comment", "approval", "call", "rerun"]);

/** Tells whether no event of a kind is made of what only an address proves. */
export function needsProof(kind: Event["kind"]): boolean {
  return provenOnly.has(kind);
}

/** Tells whether what an event of a kind says can be read again where it comes from. Whatever cannot be is no evidence without a proof. */
export function canReadAgain(kind: Event["kind"]): boolean {
  return readable.has(kind);
}

/** Returns what the events of a source are worth, for people. `readAgain`: nothing but its address proves them. */
export function evidenceText({
  receiver: { events },
  readAgain,
}: {
  readonly receiver: Pick<Receiver, "events">;
  readonly readAgain: boolean;
}): string {
  if (!readAgain) return "its secret, or its provider's signature";
  const others = events.filter((kind) => !canReadAgain(kind));
  if (others.length === 0) return "its path alone: what it says is read again";
  const nothing = `its path alone: ${others.length === events.length ? "what it says" : others.join(", ")} starts no run`;
  return others.length === events.length ? nothing : `${nothing}, and all else is read again`;
}

/** Returns why a route may take no events of a source that only its address proves; undefined: what they say is read again before anything is done. */
export function whyNoEvidence(pipeline: Pipeline, values: WithValues, kind: Event["kind"], events: readonly Event[]): string | undefined {
  const proof = "only its address proves what this source sends";
  if (!canReadAgain(kind)) return `${proof}, and an event of kind ${kind} cannot be read again: name a secret of the source`;
  if (kind === "image" || events.every((event) => namesRepository(pipeline, values, event))) return undefined;
  return `${proof}, and it is read again from a repository of the run: give the pipeline \${{ event.repository }}, or name a secret of the source`;
}

/** Tells whether a pipeline is given the repository of an event: that is where the event is read again. */
function namesRepository(pipeline: Pipeline, values: WithValues, event: Event): boolean {
  const names = new Set(leavesOf(values).flatMap(({ field }) => (fromEventOf(pipeline, field) === "repository" ? [field] : [])));
  const filled = Object.entries(fillValues(pipeline, values, event)).filter(([field]) => names.has(field));
  const typeOf = (field: string): z.ZodType | undefined => pipeline.input.shape[field] as z.ZodType | undefined;
  const read = filled.map(([field, value]) => [field, typeOf(field)?.safeParse(value).data] as const);
  return repositoriesOf(pipeline.input, Object.fromEntries(read)).some(
    ([, each]) => "repository" in event && formatRepository(each) === event.repository,
  );
}
