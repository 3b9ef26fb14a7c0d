import { z } from "zod";
import { field, list, needText, readObject, text } from "../receiver/json.ts";
import { basicPassword, isOneOf, provenIf, schemeValue, secretKeys } from "../receiver/proof.ts";
import type { Opening, Receiver } from "../receiver/receiver.ts";

/** Spinnaker: what Echo sends to an endpoint of its REST sink: https://spinnaker.io/docs/setup/other_config/features/notifications/ */
export const spinnaker: Receiver<object> = {
  name: "spinnaker",
  events: ["stage"],
  headers: [],
  proofHeaders: ["authorization"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`Authorization`: Bearer, or Basic with the secret as password",
    setUp: "`rest.endpoints` of echo, without `flatten`",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: (opening, { secrets }) => provenIf(isOneOf(credential(opening), secretKeys(secrets))),
  deliveryId: ({ body }) => text(readObject(body), "eventId") ?? null,
  parse(delivery) {
    const body = readObject(delivery.body);
    const [, what, phase] = /^orca:(stage|pipeline):(starting|complete|failed)$/.exec(text(body, "details", "type") ?? "") ?? [];
    if (what === undefined) return { ignored: "event type not handled" };
    const content = field(body, "content");
    if (what === "stage" && field(content, "isSynthetic") === true) return { ignored: "synthetic stage" };
    const pipeline = needText(content, "execution", "name");
    const stage = what === "stage" ? stageName(content) : null;
    const state = phase === "starting" ? "starting" : phase === "complete" ? "succeeded" : isCanceled(content) ? "canceled" : "failed";
    return { events: [{ kind: "stage", pipeline, stage, state, commit: commitOf(content) }] };
  },
};

/** The token of `Bearer TOKEN`, or the password of `Basic Base64(user:password)`, whatever the user. */
function credential(opening: Opening): Buffer | undefined {
  const token = schemeValue(opening, "bearer");
  return token === undefined ? basicPassword(opening) : Buffer.from(token, "latin1");
}

/** Older versions have the name only among the details. */
function stageName(content: unknown): string {
  return text(content, "name") ?? needText(content, "context", "stageDetails", "name");
}

/** Orca says `failed` of what was canceled. */
function isCanceled(content: unknown): boolean {
  const flags = [field(content, "canceled"), field(content, "execution", "canceled")];
  return flags.includes(true) || text(content, "execution", "status") === "CANCELED";
}

function commitOf(content: unknown): string | null {
  const trigger = field(content, "execution", "trigger");
  return text(trigger, "hash") ?? text(list(trigger, "buildInfo", "scm")?.[0], "sha1") ?? null;
}
