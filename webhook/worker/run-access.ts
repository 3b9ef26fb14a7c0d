import { isNotifier, kindsAt } from "../../src/adapters.ts";
import { configCredentials, configServers, type CommonConfig } from "../../src/config.ts";
import { notifierResource } from "../../src/core/credential.ts";
import { destinationsOf, imagesOf, repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { parseInput } from "../../src/core/run/pipeline.ts";
import { mergeServers } from "../../src/core/servers.ts";
import type { Json } from "../../src/core/json.ts";
import { environmentServers } from "../../src/environment.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../routing/route.ts";

/** The part of the configuration's and the machine's access that a run may use. */
export interface RunAccess {
  /** Those for the hosts that its input names, and for the notifiers to which it posts. */
  readonly credentials: CommonConfig["credentials"];
  /** The references to all secrets that it is given, each once. */
  readonly references: readonly string[];
  /** Variables by which this machine's own credentials are found, where it has an image at a registry that takes them. */
  readonly machine: readonly RegExp[];
}

/** Returns what a run of a route may use. Throws `input` where the pipeline would not take what it is given. */
export function runAccess(config: CommonConfig, route: Route, input: Json): RunAccess {
  const found = new Set<string>();
  const note = (reference: string, name: string) => {
    found.add(reference);
    return stubSecret(reference, name);
  };
  const { name, input: schema } = route.pipeline;
  const values = parseInput(name, schema, openInput(route, input as Readonly<Record<string, Json>>, note));
  const images = imagesOf(schema, values).map(({ registry }) => registry);
  const wanted = new Set([
    ...repositoriesOf(schema, values).map(([, { host }]) => host),
    ...images,
    ...destinationsOf(schema, values).map(({ notifier }) => notifierResource(notifier)),
  ]);
  const resourceOf = (name: string): string => (isNotifier(name) ? notifierResource(name) : (name.split("/", 1)[0] ?? ""));
  const ofRun = Object.entries(config.credentials).filter(([name]) => wanted.has(resourceOf(name)));
  const credentials = Object.fromEntries(ofRun);
  configCredentials({ credentials }, note);
  const kinds = kindsAt(mergeServers(configServers(config), environmentServers()));
  const machine = images.flatMap((registry) => kinds.registry(registry).environment?.credentials ?? []);
  return { credentials, references: [...found], machine };
}
