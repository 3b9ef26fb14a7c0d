// The settings of a native engine: they cannot change while it runs.
import { join } from "node:path";
import type { Digest } from "../../../core/image/image.ts";
import { FairleadError } from "../../../core/errors.ts";
import { variable } from "../environment.ts";
import { library } from "./places.ts";

/** The settings of the running engine. */
export interface EngineSettings {
  /** Registries, as `HOST[:PORT]`, to which it speaks HTTP without TLS. */
  readonly plainHttp: readonly string[];
  /** The image of the TypeScript SDK; undefined for an engine that was started before there was one. */
  readonly sdk: Digest | undefined;
  /** The version of the runc that runs containers, such as `1.3.3`; undefined for an engine that an older fairlead started. */
  readonly runc: string | undefined;
}

/** The engine's configuration file: made from the settings at each start. */
export const configuration = join(library, "engine.toml");

/**
 * Returns the registries that `FAIRLEAD_ENGINE_PLAIN_HTTP` lists, separated by commas, each as `HOST[:PORT]`. Those on 127.0.0.1 need no mention.
 *
 * @throws FairleadError `input` for one that is no host
 */
export function plainHttpRegistries(): readonly string[] {
  const hosts = (variable("FAIRLEAD_ENGINE_PLAIN_HTTP") ?? "").split(",").map((host) => host.trim());
  const named = hosts.filter((host) => host !== "");
  const wrong = named.find((host) => !/^([a-z\d]([a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host));
  if (wrong === undefined) return named;
  throw new FairleadError("input", `start engine: FAIRLEAD_ENGINE_PLAIN_HTTP: "${wrong}" is no registry`, {
    hint: "list registries as HOST:PORT, separated by commas",
  });
}

/** Throws `conflict` if the running engine would speak TLS to one of these registries. */
export function checkPlainHttp(running: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((host) => !running.includes(host));
  if (missing.length === 0) return;
  throw new FairleadError("conflict", `start engine: the one that runs was started without plain HTTP to ${missing.join(", ")}`, {
    hint: "run fairlead engine stop once nothing builds on it: the next run starts it with what FAIRLEAD_ENGINE_PLAIN_HTTP lists",
  });
}

/**
 * Returns the text of the configuration file. The engine grants no container all rights of root: a Dockerfile may name the program that reads it
 * (`# syntax=`), and that one could ask for them. https://github.com/moby/buildkit/blob/master/docs/buildkitd.toml.md
 */
export function formatConfiguration({ plainHttp }: EngineSettings): string {
  const registries = plainHttp.map((host) => `[registry.${JSON.stringify(host)}]\n  http = true\n`).join("");
  return `insecure-entitlements = []\n${registries}`;
}
