import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { FairleadError, inputError } from "../../../src/core/errors.ts";
import { assertReplaceable, privateFile, replacePrivately } from "./private-file.ts";
import { wholeSecrets, type AppSecrets, type Sink } from "./sink.ts";

/** The keys of the Secret, which are files where it is mounted. */
const keys: Readonly<Record<keyof AppSecrets, string>> = {
  id: "app-id",
  key: "key.pem",
  webhookSecret: "webhook-secret",
  pathKey: "path-key",
};

/** Returns the manifest of a Secret. https://kubernetes.io/docs/concepts/configuration/secret/ */
export function secretManifest(name: string, { id, key, webhookSecret, pathKey }: AppSecrets): string {
  const stringData = { [keys.id]: String(id), [keys.key]: key, [keys.webhookSecret]: webhookSecret, [keys.pathKey]: pathKey };
  return stringify({ apiVersion: "v1", kind: "Secret", metadata: { name }, type: "Opaque", stringData }, { lineWidth: 0 });
}

/** Returns the folder in which the listener expects a Secret of this name. */
export function mountOf(name: string): string {
  return `/etc/fairlead/${name}`;
}

/** Returns the references by which a listener reads a Secret that is mounted at `/etc/fairlead/NAME`. Throws `input` for what is no name of one. */
export function mountedReferences(name: string): Sink["references"] {
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    const message = "it is no name of a Kubernetes Secret";
    throw inputError("app", [{ field: "kubernetesSecret", message }], "write lower-case letters, digits, hyphens and dots");
  }
  const at = (of: keyof AppSecrets): string => `file:${mountOf(name)}/${keys[of]}`;
  return { key: at("key"), webhookSecret: at("webhookSecret"), pathKey: at("pathKey") };
}

/** Returns the place in a manifest beside the configuration, `NAME.secret.yaml`, which somebody applies. */
export function kubernetesSink(beside: string, name: string): Sink {
  const references = mountedReferences(name);
  const path = join(dirname(beside), `${name}.secret.yaml`);
  return {
    references,
    place: path,
    handOver: `apply ${path}, mount the Secret at ${mountOf(name)}`,
    written: [path],
    async read() {
      if ((await privateFile(path)) === undefined) return undefined;
      const found = wholeSecrets(path, fieldsOf(await readFile(path, "utf8")));
      if (found !== undefined) return found;
      throw new FairleadError("conflict", `write ${path}: it is there already`, { hint: "move it away, or give the Secret another name" });
    },
    prepare: () => assertReplaceable(path),
    write: (secrets) => replacePrivately(path, secretManifest(name, secrets)),
  };
}

function fieldsOf(text: string): Readonly<Record<keyof AppSecrets, string | undefined>> {
  let manifest: unknown;
  try {
    manifest = parse(text);
  } catch {
    manifest = undefined;
  }
  const data = (manifest as { readonly stringData?: Readonly<Record<string, unknown>> } | null | undefined)?.stringData;
  const of = (key: string): string | undefined => (typeof data?.[key] === "string" ? data[key] : undefined);
  return { id: of(keys.id), key: of(keys.key), webhookSecret: of(keys.webhookSecret), pathKey: of(keys.pathKey) };
}
