import { stat } from "node:fs/promises";
import { configCredentials } from "../../src/config.ts";
import { parseSecretReference } from "../../src/core/secret.ts";
import { expandHome } from "../../src/secrets.ts";
import type { ListenerConfig } from "../config.ts";
import { stubSecret } from "./fill.ts";
import { secretsOf } from "./with.ts";

/** Returns the files of secrets that users other than their owner and group may read, each once. */
export async function filesOthersRead(config: ListenerConfig): Promise<readonly string[]> {
  const files = [
    ...new Set(
      referencesIn(config)
        .map(parseSecretReference)
        .filter(({ kind }) => kind === "file")
        .map(({ at }) => at),
    ),
  ];
  const open = await Promise.all(files.map(async (file) => ((await modeOf(file)) & 0o004) !== 0));
  return files.filter((_, index) => open[index]);
}

/** One that is not there is told when it is revealed. */
async function modeOf(file: string): Promise<number> {
  return await stat(expandHome(file)).then(
    ({ mode }) => mode,
    () => 0,
  );
}

function referencesIn(config: ListenerConfig): readonly string[] {
  const found = config.sources.flatMap(({ secrets, path }) => [...secrets, ...path]);
  const note = (reference: string, name: string) => {
    found.push(reference);
    return stubSecret(reference, name);
  };
  configCredentials(config, note);
  for (const { pipeline, with: values } of config.routes) secretsOf(pipeline, values, note);
  return found;
}
