// The image that runs TypeScript modules, which Dagger ships in its own engine image: made of engine/typescript-sdk/.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import type { Digest } from "../../../core/image/image.ts";
import { FairleadError } from "../../../core/errors.ts";
import { fillOnce } from "./cache.ts";
import { places, type EngineOptions, type EnginePrograms } from "./places.ts";
import { ended, spawnGroup } from "./process.ts";

/**
 * The variables by which the engine finds a builtin SDK (engine/distconsts). Ours refuses Go and Python modules with
 * one clear line.
 */
const languages = ["GO", "PYTHON", "TYPESCRIPT"];

/**
 * Makes the image of the TypeScript SDK in the cache folder, unless it exists.
 * It takes half a minute and downloads 100 MB of npm packages.
 * npm and busybox must exist.
 * @throws FairleadError `unavailable` (npm failed), `canceled`
 */
export async function buildSdk({ codegen }: EnginePrograms, { report, signal }: EngineOptions): Promise<void> {
  const { module, sdk } = await places();
  if (existsSync(sdk)) return;
  report("making the TypeScript SDK, once for this machine: half a minute or so, with 100 MB of npm packages to download");
  await fillOnce(sdk, async (temporary) => {
    const source = join(temporary, "source");
    const root = join(temporary, "root");
    await cp(join(module, "typescript-sdk"), source, { recursive: true });
    await run("sh", ["rootfs.sh", root, codegen], source, signal);
    await writeLayout(temporary, root, signal);
    await Promise.all([source, root].map((folder) => rm(folder, { recursive: true })));
  });
  report(`made the TypeScript SDK in ${sdk}`);
}

/** Returns the digest of the image's manifest. The image must exist. */
export async function sdkDigest(): Promise<Digest> {
  const index = JSON.parse(await readFile(join((await places()).sdk, "index.json"), "utf8")) as { manifests: [{ digest: Digest }] };
  return index.manifests[0].digest;
}

/** Returns the variables of the engine's environment that name the image. */
export function sdkVariables(digest: Digest | undefined): NodeJS.ProcessEnv {
  return Object.fromEntries(languages.map((language) => [`DAGGER_${language}_SDK_MANIFEST_DIGEST`, digest]));
}

/** A descriptor of a blob in a manifest. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Writes an OCI image layout whose one image has one layer. https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md */
async function writeLayout(folder: string, root: string, signal: AbortSignal): Promise<void> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const tar = join(folder, "layer");
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
  await run("tar", ["--create", `--file=${tar}`, ...reproducible, `--directory=${root}`, "."], folder, signal);
  const layer = await describe("layer.v1.tar", tar);
  await rename(tar, join(blobs, layer.digest.slice("sha256:".length)));
  const put = async (kind: string, content: object): Promise<Descriptor> => {
    await writeFile(join(folder, "blob"), JSON.stringify(content));
    const descriptor = await describe(kind, join(folder, "blob"));
    await rename(join(folder, "blob"), join(blobs, descriptor.digest.slice("sha256:".length)));
    return descriptor;
  };
  const config = await put("config.v1+json", {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/usr/lib/fairlead/go-sdk:/usr/bin:/bin", "HOME=/root", "NODE_OPTIONS=--use-openssl-ca"] },
    rootfs: { type: "layers", diff_ids: [layer.digest] }, // it is not compressed
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = await put("manifest.v1+json", { schemaVersion: 2, mediaType, config, layers: [layer] });
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

async function describe(kind: string, file: string): Promise<Descriptor> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { mediaType: `application/vnd.oci.image.${kind}`, digest: `sha256:${hash.digest("hex")}`, size: (await stat(file)).size };
}

/** Runs a command whose output does not matter. */
async function run(command: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  // npm may be beside the Node that runs us, and nowhere else.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ""}${delimiter}${dirname(process.execPath)}` };
  const child = spawnGroup(command, args, { cwd, env, signal });
  child.stdout.resume();
  const said: string[] = [];
  createInterface(child.stderr).on("line", (line) => said.push(line));
  const status = await ended(child);
  if (signal.aborted) throw new FairleadError("canceled", "make TypeScript SDK: canceled");
  if (status === "0") return;
  const last = said.findLast((line) => line.trim() !== "") ?? "";
  throw new FairleadError("unavailable", `make TypeScript SDK: ${command} ended with ${status}: ${last}`, {
    hint: "check that this machine reaches a registry of npm packages (npm config get registry)",
    output: said.slice(-20),
  });
}
