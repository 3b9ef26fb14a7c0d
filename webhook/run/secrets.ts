import { configCredentials, configServers, type CommonConfig } from "../../src/config.ts";
import { parseHost } from "../../src/core/ecr-host.ts";
import { imagesOf, repositoriesOf } from "../../src/core/input.ts";
import { parseInput } from "../../src/core/pipeline.ts";
import type { Json } from "../../src/core/step.ts";
import { environmentServers } from "../../src/secrets.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../route.ts";

/** Returns whether a run needs this machine's credentials of AWS: it has an image in ECR. */
export function usesAws(config: CommonConfig, route: Route, input: Json): boolean {
  const servers = { ...environmentServers(), ...configServers(config) };
  return imagesOf(route.pipeline.input, valuesOf(route, input)).some(({ registry }) => parseHost(registry, servers) !== undefined);
}

/** Returns the credentials of the configuration that a run may use: those for the hosts that its input names, and Slack's if it posts. */
export function credentialsOfRun(config: CommonConfig, route: Route, input: Json): Pick<CommonConfig, "credentials"> {
  const { pipeline } = route;
  const values = valuesOf(route, input);
  const wanted = new Set([
    ...repositoriesOf(pipeline.input, values).map(([, { host }]) => host),
    ...imagesOf(pipeline.input, values).map(({ registry }) => registry),
    ...(pipeline.steps.some(({ needs }) => needs.includes("chat:write")) ? ["slack"] : []),
  ]);
  const ofRun = Object.entries(config.credentials).filter(([resource]) => wanted.has(resource.split("/", 1)[0] ?? ""));
  return { credentials: Object.fromEntries(ofRun) };
}

function valuesOf(route: Route, input: Json): Readonly<Record<string, unknown>> {
  const given = openInput(route, input as Readonly<Record<string, Json>>, stubSecret);
  return parseInput(route.pipeline.name, route.pipeline.input, given);
}

/** Returns the references to all secrets that a run is given, each once. */
export function referencesOfRun(config: CommonConfig, route: Route, input: Json): readonly string[] {
  const found = new Set<string>();
  const note = (reference: string, name: string) => {
    found.add(reference);
    return stubSecret(reference, name);
  };
  openInput(route, input as Readonly<Record<string, Json>>, note);
  configCredentials(credentialsOfRun(config, route, input), note);
  return [...found];
}
