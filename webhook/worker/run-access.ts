import { isNotifier, kindsAt } from "../../src/adapters.ts";
import { configCredentials, configServers, type CommonConfig } from "../../src/config.ts";
import { notifierResource } from "../../src/core/credential.ts";
import type { Event } from "../../src/core/event.ts";
import { parseImage } from "../../src/core/image/image.ts";
import { destinationsOf, imagesOf, repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { parseInput } from "../../src/core/run/pipeline.ts";
import { mergeServers } from "../../src/core/servers.ts";
import type { Json } from "../../src/core/json.ts";
import { environmentServers } from "../../src/environment.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../routing/route.ts";
import { opens } from "../../src/core/opens.ts";

/** The credentials, secrets and variables of this machine that one run may use, and no other's. */
export interface RunAccess {
  /** The configuration's credentials for the hosts that the run's input names, for what it reads again, and for the notifiers to which it posts. */
  readonly credentials: CommonConfig["credentials"];
  /** The references to all secrets of the input and of these credentials, each once, such as `env:TOKEN`. */
  readonly references: readonly string[];
  /** Those of them that its route names. */
  readonly ofRoute: readonly string[];
  /** Patterns of the environment variables that locate this machine's own credentials; none unless an image is at a registry that takes them. */
  readonly machine: readonly RegExp[];
}

/**
 * Returns the credentials that a run of a route may use, the references to its secrets, and the variables that it inherits. `looked` is the event whose
 * branch or image the run reads again, which its input may not name. Opens no secret. Throws `input` if the pipeline's schema refuses the input.
 */
export function runAccess(config: CommonConfig, route: Route, input: Json, looked?: Event): RunAccess {
  const found = new Set<string>();
  const note = (reference: string, name: string) => {
    found.add(reference);
    return stubSecret(reference, name);
  };
  const { name, input: schema } = route.pipeline;
  const values = parseInput(name, schema, openInput(route, input as Readonly<Record<string, Json>>, note));
  const ofRoute = [...found];
  const seen = looked?.kind === "image" ? [parseImage(looked.image)] : [];
  const images = [...imagesOf(schema, values), ...seen].map(({ registry }) => registry);
  const wanted = new Set([
    ...repositoriesOf(schema, values).map(([, { host }]) => host),
    ...images,
    ...destinationsOf(schema, values).map(({ notifier }) => notifierResource(notifier)),
  ]);
  const resourceOf = (name: string): string => (isNotifier(name) ? notifierResource(name) : (name.split("/", 1)[0] ?? ""));
  const isRead = (name: string): boolean => looked !== undefined && "repository" in looked && opens(name, String(looked.repository));
  const ofRun = Object.entries(config.credentials).filter(([name]) => wanted.has(resourceOf(name)) || isRead(name));
  const credentials = Object.fromEntries(ofRun);
  configCredentials({ credentials }, note);
  const kinds = kindsAt(mergeServers(configServers(config), environmentServers()));
  const machine = images.flatMap((registry) => kinds.registry(registry).environment?.credentials ?? []);
  return { credentials, references: [...found], ofRoute, machine };
}
