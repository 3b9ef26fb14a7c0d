import { configCredentials } from "../../src/config.ts";
import { opens } from "../../src/core/opens.ts";
import { credentialsOf } from "../../src/core/run/parsed-input.ts";
import { parseInput } from "../../src/core/run/pipeline.ts";
import type { Json } from "../../src/core/json.ts";
import type { ListenerConfig, Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../routing/route.ts";
import { routeOf } from "../run/execute.ts";
import type { Claim } from "../store.ts";
import { referencesOf } from "./revoked.ts";
import type { RunAccess } from "./run-access.ts";

/**
 * Returns the credentials that a report about a repository may use, and the references to its secrets: what opens this repository, of the configuration
 * in force and of the secrets that the run's route gives it. What has left the configuration is revoked, and what has come in its place opens reports of
 * older runs too: else their last state could not be told. Opens no secret. Throws `input` if the pipeline's schema refuses the input.
 */
export function reportAccess(
  config: ListenerConfig,
  inForce: ListenerConfig,
  run: Pick<Claim, "id" | "route" | "input">,
  repository: string,
): Pick<RunAccess, "credentials" | "references"> {
  const found = new Map<object, string>();
  const stub = (reference: string, name: string): ReturnType<typeof stubSecret> => {
    const secret = stubSecret(reference, name);
    found.set(secret, reference);
    return secret;
  };
  const route = routeOf(config, run);
  const given = credentialsOf(route.pipeline.input, reportInput(route, run.input, stub)).filter((each) => opens(each.for, repository));
  const unrevoked = new Set(inForce.routes.flatMap(referencesOf));
  const ofRoute = given.flatMap(({ secret }) => found.get(secret) ?? []).filter((reference) => unrevoked.has(reference));
  const credentials = Object.fromEntries(Object.entries(inForce.credentials).filter(([place]) => opens(place, repository)));
  const ofConfig = configCredentials({ credentials }, stub).flatMap(({ secret }) => found.get(secret) ?? []);
  return { credentials, references: [...new Set([...ofRoute, ...ofConfig])] };
}

/** Returns the parsed input of a stored run. Throws `input` if the pipeline's schema refuses it. */
export function reportInput({ pipeline, ...route }: Route, input: Json, open = stubSecret): Readonly<Record<string, unknown>> {
  return parseInput(pipeline.name, pipeline.input, openInput({ pipeline, ...route }, input as Readonly<Record<string, Json>>, open));
}
