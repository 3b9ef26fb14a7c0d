import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";

/** The rest of the file is for Docker itself: proxies, plug-ins, formats. */
const text = z.string().nullish();
const content = z.object({
  auths: z
    .record(z.string(), z.object({ auth: text, username: text, password: text, identitytoken: text }).nullable())
    .nullish()
    .transform((all) => all ?? {}),
  credHelpers: z
    .record(z.string(), z.string())
    .nullish()
    .transform((all) => all ?? {}),
  credsStore: text,
});

/**
 * A Docker config, and its path.
 * https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties
 */
export type DockerConfig = z.output<typeof content> & { readonly path: string };

/**
 * Returns the first config that exists; undefined if none does. Throws `input` if it cannot be read, never with its
 * content.
 */
export async function openConfig(): Promise<DockerConfig | undefined> {
  for (const path of places()) {
    const bytes = await readIfExists(path);
    if (bytes !== undefined) return { ...parse(path, bytes), path };
  }
  return undefined;
}

/**
 * The paths to look at: Docker's, then Podman's, in crane's order.
 * https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
 */
function places(): readonly string[] {
  const set = (name: string): string | undefined => (process.env[name] === "" ? undefined : process.env[name]);
  const docker = join(set("DOCKER_CONFIG") ?? join(homedir(), ".docker"), "config.json");
  const authFile = set("REGISTRY_AUTH_FILE");
  if (authFile !== undefined) return [docker, authFile];
  const folders = [set("XDG_RUNTIME_DIR") ?? [], set("XDG_CONFIG_HOME") ?? join(homedir(), ".config")].flat();
  return [docker, ...folders.map((folder) => join(folder, "containers/auth.json"))];
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new FairleadError("input", `read Docker config ${path}: it cannot be read (${code})`, { hint: "let this user read it" });
  }
}

/** The error has no cause: messages of JSON errors quote the file. */
function parse(path: string, bytes: string): z.output<typeof content> {
  const wrong = (why: string): FairleadError =>
    new FairleadError("input", `read Docker config ${path}: ${why}`, { hint: "repair it, or move it away and log in again" });
  let json: unknown;
  try {
    json = JSON.parse(bytes.trim() || "{}");
  } catch {
    throw wrong("it is not JSON");
  }
  const parsed = content.safeParse(json);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.map(String).join(" → ") ?? "";
  throw wrong(`${place === "" ? "it" : place} is not in Docker's format`);
}
