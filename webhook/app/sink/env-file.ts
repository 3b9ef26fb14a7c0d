import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { assertReplaceable, privateFile, replacePrivately } from "./private-file.ts";
import { wholeSecrets, type AppSecrets, type Sink } from "./sink.ts";

/** The names of the variables. */
export interface SecretVariables {
  readonly id: string;
  readonly key: string;
  readonly webhookSecret: string;
  readonly pathKey: string;
}

/** Returns the names of the variables that hold the secrets of an App of this kind of provider. */
export function variablesFor(kind: string): SecretVariables {
  const prefix = `FAIRLEAD_${kind.toUpperCase().replaceAll("-", "_")}`;
  return { id: `${prefix}_APP_ID`, key: `${prefix}_APP_KEY`, webhookSecret: `${prefix}_WEBHOOK_SECRET`, pathKey: `${prefix}_PATH_KEY` };
}

/** Returns the lines of a `.env` file, as systemd, Node and a shell read them: what has several lines is in quotes. */
export function envText(names: SecretVariables, { id, key, webhookSecret, pathKey }: AppSecrets): string {
  return [
    `${names.id}=${id}`,
    `${names.key}="${key.trim()}"`,
    `${names.webhookSecret}=${webhookSecret}`,
    `${names.pathKey}=${pathKey}`,
    "",
  ].join("\n");
}

/** Returns the references by which the listener reads the variables. */
export function variableReferences({ key, webhookSecret, pathKey }: SecretVariables): Sink["references"] {
  return { key: `env:${key}`, webhookSecret: `env:${webhookSecret}`, pathKey: `env:${pathKey}` };
}

/** Returns the place at the end of a `.env` file. What is there stays. */
export function envFileSink(path: string, names: SecretVariables): Sink {
  const text = async (): Promise<string> => ((await privateFile(path)) === undefined ? "" : await readFile(path, "utf8"));
  return {
    references: variableReferences(names),
    place: path,
    handOver: `give the listener the variables of ${path}`,
    written: [path],
    async read() {
      const found = parseEnv(await text());
      const { id, key, webhookSecret, pathKey } = names;
      return wholeSecrets(path, { id: found[id], key: found[key], webhookSecret: found[webhookSecret], pathKey: found[pathKey] });
    },
    prepare: () => assertReplaceable(path),
    async write(secrets) {
      const before = await text();
      await replacePrivately(path, `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${envText(names, secrets)}`);
    },
  };
}
