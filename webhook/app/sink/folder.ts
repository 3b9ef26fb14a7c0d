import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FairleadError } from "../../../src/core/errors.ts";
import { assertReplaceable, unwritable } from "./private-file.ts";
import { wholeSecrets, type AppSecrets, type Sink } from "./sink.ts";

/** The file of each secret. */
const files: Readonly<Record<keyof AppSecrets, string>> = {
  id: "app-id",
  key: "key.pem",
  webhookSecret: "webhook-secret",
  pathKey: "path-key",
};

/** Returns the place in a new folder beside the configuration, which its owner alone may enter. Git does not take it along. */
export function folderSink(beside: string, name: string): Sink {
  const folder = join(dirname(beside), name);
  const fileOf = (of: keyof AppSecrets): string => join(folder, files[of]);
  const textOf = (of: keyof AppSecrets): Promise<string | undefined> =>
    readFile(fileOf(of), "utf8").then(
      (text) => text.replace(/\n$/, ""),
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw unwritable(folder, error);
      },
    );
  return {
    references: {
      key: `file:${name}/${files.key}`,
      webhookSecret: `file:${name}/${files.webhookSecret}`,
      pathKey: `file:${name}/${files.pathKey}`,
    },
    place: folder,
    handOver: undefined,
    written: [fileOf("key"), fileOf("webhookSecret"), fileOf("pathKey")],
    async read() {
      if ((await stat(folder).catch(() => undefined)) === undefined) return undefined;
      const [id, key, webhookSecret, pathKey] = await Promise.all([
        textOf("id"),
        textOf("key"),
        textOf("webhookSecret"),
        textOf("pathKey"),
      ]);
      const found = wholeSecrets(folder, { id, key, webhookSecret, pathKey });
      if (found !== undefined) return found;
      throw new FairleadError("conflict", `write ${folder}: it is there already`, {
        hint: "move it away, or name another place for the secrets",
      });
    },
    prepare: () => assertReplaceable(folder),
    write: (secrets) => writeFolder(folder, secrets),
  };
}

/** The folder takes its name once it is whole. */
async function writeFolder(folder: string, { id, key, webhookSecret, pathKey }: AppSecrets): Promise<void> {
  const beside = join(dirname(folder), `.${randomUUID()}`);
  try {
    await mkdir(beside, { mode: 0o700 });
    const contents = { "app-id": `${id}\n`, "key.pem": key, "webhook-secret": webhookSecret, "path-key": pathKey, ".gitignore": "*\n" };
    for (const [name, text] of Object.entries(contents))
      await writeFile(join(beside, name), text, { mode: 0o600, flag: "wx", flush: true });
    await rename(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw unwritable(folder, error);
  }
}
