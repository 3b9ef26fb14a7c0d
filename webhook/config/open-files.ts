import { configCredentials } from "../../src/config.ts";
import type { FileExposure } from "../../src/core/file-exposure.ts";
import { parseSecretReference } from "../../src/core/secret.ts";
import { readExposure } from "../../src/secrets.ts";
import type { ListenerConfig } from "../config.ts";
import { stubSecret } from "./fill.ts";
import { secretsOf } from "./with.ts";

/** Returns the files of secrets that everybody may read, or that others may write, each once. The group of a service reads its secrets. */
export async function openSecretFiles(
  config: ListenerConfig,
): Promise<readonly { readonly file: string; readonly exposure: FileExposure }[]> {
  const files = [
    ...new Set(
      referencesIn(config)
        .map(parseSecretReference)
        .filter(({ kind }) => kind === "file")
        .map(({ at }) => at),
    ),
  ];
  // One that is not there is told when it is revealed.
  const found = await Promise.all(files.map(async (file) => ({ file, exposure: await readExposure(file) })));
  return found.flatMap(({ file, exposure }) =>
    exposure !== undefined && (exposure.who === "everybody" || exposure.may === "write") ? [{ file, exposure }] : [],
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
