import { configCredentials, type CommonConfig } from "../../src/config.ts";
import { opens } from "../../src/core/opens.ts";
import { credentialsOf } from "../../src/core/run/parsed-input.ts";
import { parseInput } from "../../src/core/run/pipeline.ts";
import type { Json } from "../../src/core/json.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../routing/route.ts";
import type { RunAccess } from "./run-access.ts";

/**
 * Returns the credentials that a report about a repository may use, and the references to its secrets: of those that its run may use, what opens this
 * repository. Opens no secret. Throws `input` if the pipeline's schema refuses the input.
 */
export function reportAccess(config: CommonConfig, route: Route, input: Json, repository: string): Omit<RunAccess, "machine"> {
  const found = new Map<object, string>();
  const stub = (reference: string, name: string): ReturnType<typeof stubSecret> => {
    const secret = stubSecret(reference, name);
    found.set(secret, reference);
    return secret;
  };
  const given = credentialsOf(route.pipeline.input, reportInput(route, input, stub)).filter((each) => opens(each.for, repository));
  const ofRoute = given.flatMap(({ secret }) => found.get(secret) ?? []);
  const credentials = Object.fromEntries(Object.entries(config.credentials).filter(([place]) => opens(place, repository)));
  const ofConfig = configCredentials({ credentials }, stub).flatMap(({ secret }) => found.get(secret) ?? []);
  return { credentials, references: [...new Set([...ofRoute, ...ofConfig])], ofRoute: [...new Set(ofRoute)] };
}

/** Returns the parsed input of a stored run. Throws `input` if the pipeline's schema refuses it. */
export function reportInput({ pipeline, ...route }: Route, input: Json, open = stubSecret): Readonly<Record<string, unknown>> {
  return parseInput(pipeline.name, pipeline.input, openInput({ pipeline, ...route }, input as Readonly<Record<string, Json>>, open));
}
