import { isDeepStrictEqual } from "node:util";
import { FairleadError } from "../../src/core/errors.ts";
import { hashOf, type ListenerConfig } from "../config.ts";
import { secretsOf } from "../config/with.ts";
import type { Claim, Store } from "../store.ts";
import type { RunAccess } from "./run-access.ts";

/** Where no listener has said what is in force, a run has no credential. */
export const nothingInForce = '{"version":1}';

/** Returns the text of the configuration that made a run. Throws `internal` when it is not stored, or is not what its hash says. */
export async function configTextOf({ id, configHash }: Pick<Claim, "id" | "configHash">, store: Store): Promise<string> {
  const text = await store.config(configHash);
  if (text === undefined) throw new FairleadError("internal", `run ${id}: its configuration ${configHash} is not stored`);
  if (hashOf(text) !== configHash) {
    throw new FairleadError("internal", `run ${id}: its stored configuration was changed: its hash is not ${configHash}`, {
      hint: "look who writes to the store beside fairlead",
    });
  }
  return text;
}

/**
 * Throws `forbidden` when a run would use a credential, or its route a secret, that is not in the configuration in force: whoever takes one out of the
 * file and has it read again has revoked it, also for runs that were made before.
 */
export function assertNotRevoked(
  { id, delivery }: Pick<Claim, "id" | "delivery">,
  access: Pick<RunAccess, "credentials" | "ofRoute">,
  inForce: ListenerConfig,
): void {
  const ofRoutes = new Set(inForce.routes.flatMap(referencesOf));
  const revoked = [
    ...Object.entries(access.credentials).flatMap(([name, given]) =>
      isDeepStrictEqual(inForce.credentials[name], given) ? [] : [`the credential ${name}`],
    ),
    ...(access.ofRoute.every((reference) => ofRoutes.has(reference)) ? [] : ["a secret of its route"]),
  ];
  if (revoked.length === 0) return;
  throw new FairleadError("forbidden", `run ${id}: ${revoked.join(" and ")} has left the configuration`, {
    hint: `have its delivery done by the configuration of today: fairlead deliveries resend ${delivery}`,
  });
}

/** Returns the references to the secrets that a route names. */
export function referencesOf({ pipeline, with: values }: ListenerConfig["routes"][number]): readonly string[] {
  const found: string[] = [];
  secretsOf(pipeline, values, (reference) => void found.push(reference));
  return found;
}
