import { FairleadError } from "../errors.ts";
import { withoutLogin } from "../text/quote.ts";
import { suggest } from "../text/suggest.ts";
import type { NotifierKind } from "./notifier.ts";

/** Where to post: a kind of notifier, and a place of it. */
export interface Destination {
  readonly notifier: string;
  /** Empty where the notifier has one place alone. */
  readonly place: string;
}

/**
 * Returns the destination that a text names: `KIND:PLACE`, or `KIND` alone where it has one place. Throws `input` for an unknown kind, for a place
 * that is missing, and for what is no place of it.
 */
export function parseDestination(text: string, kinds: readonly NotifierKind[]): Destination {
  const [, name = "", place] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const kind = kinds.find((each) => each.name === name);
  if (kind !== undefined) {
    assertPlace(text, kind, place);
    return { notifier: name, place: kind.destination.read(place) };
  }
  const near = suggest(
    name,
    kinds.map((each) => each.name),
  );
  const hint = near === undefined ? `name one such as ${destinationExamples(kinds)}` : `did you mean ${near}?`;
  throw new FairleadError("input", `"${shown(text)}" is no destination: there is no notifier "${name}"`, { hint });
}

function assertPlace(text: string, { name, destination: { example } }: NotifierKind, place = ""): void {
  if (example === undefined || place !== "") return;
  const missing = text.includes(":") ? "a place behind the colon is missing" : "a colon and a place are missing";
  throw new FairleadError("input", `"${shown(text)}" is no destination: ${missing}`, {
    hint: `name one such as ${formatDestination({ notifier: name, place: example })}`,
  });
}

/** The address of a webhook is a secret: whoever has it may post. */
function shown(text: string): string {
  return withoutLogin(text).replace(/^(https?:\/\/[^/]*)\/.*$/is, "$1/***");
}

/** Returns the destination as it is written: `slack:C0123456789`. */
export function formatDestination({ notifier, place }: Destination): string {
  return place === "" ? notifier : `${notifier}:${place}`;
}

/** Returns an example of each kind's destinations, for help and hints. */
export function destinationExamples(kinds: readonly NotifierKind[]): string {
  return kinds.map(({ name, destination: { example } }) => formatDestination({ notifier: name, place: example ?? "" })).join(", ");
}
