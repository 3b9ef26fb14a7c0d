import { configCredentials, type CommonConfig } from "../../src/config.ts";
import { imagesOf, repositoriesOf } from "../../src/core/input.ts";
import { parseInput } from "../../src/core/pipeline.ts";
import type { Json } from "../../src/core/step.ts";
import type { Route } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../route.ts";

/** Returns the credentials of the configuration that a run may use: those for the hosts that its input names, and Slack's if it posts. */
export function credentialsOfRun(config: CommonConfig, { pipeline, ...route }: Route, input: Json): Pick<CommonConfig, "credentials"> {
  const given = openInput({ ...route, pipeline }, input as Readonly<Record<string, Json>>, stubSecret);
  const values = parseInput(pipeline.name, pipeline.input, given);
  const wanted = new Set([
    ...repositoriesOf(pipeline.input, values).map(([, { host }]) => host),
    ...imagesOf(pipeline.input, values).map(({ registry }) => registry),
    ...(pipeline.steps.some(({ needs }) => needs.includes("chat:write")) ? ["slack"] : []),
  ]);
  const ofRun = Object.entries(config.credentials).filter(([resource]) => wanted.has(resource.split("/", 1)[0] ?? ""));
  return { credentials: Object.fromEntries(ofRun) };
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
