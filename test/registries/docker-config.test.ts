import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { parseImage } from "../../src/core/image/image.ts";
import { createStoredLogin } from "../../src/registries/docker-config.ts";

let home: string;
let config: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "fairlead-docker-config-"));
  config = join(home, "docker", "config.json");
  vi.stubEnv("DOCKER_CONFIG", join(home, "docker"));
  vi.stubEnv("XDG_CONFIG_HOME", join(home, "nowhere"));
  vi.stubEnv("XDG_RUNTIME_DIR", undefined);
  vi.stubEnv("REGISTRY_AUTH_FILE", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const auth = (pair: string): { auth: string } => ({ auth: base64(pair) });

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
}

/** Returns the login as `name:password from SOURCE`. */
async function stored(image: string, signal = new AbortController().signal): Promise<string | undefined> {
  const secret = (value: string, name: string) => ({ name, reveal: () => Promise.resolve(value) });
  const login = await createStoredLogin({ signal, secret })(parseImage(image));
  return login && `${login.username}:${await login.password.reveal()} from ${login.password.name.replace(home, "HOME")}`;
}

/** Puts a credential helper on the PATH: a shell script, with the folder that it may write to as its home. */
async function install(name: string, script: string): Promise<void> {
  const path = join(home, "bin", `docker-credential-${name}`);
  await write(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("PATH", `${join(home, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("HOME", home);
}

const where = "from HOME/docker/config.json";

test.each([
  ["ghcr.io/acme/app", { "ghcr.io": auth("bot:pa:ss") }, `bot:pa:ss ${where}`],
  ["ghcr.io/acme/app", { "ghcr.io": { username: "bot", password: "pass" } }, `bot:pass ${where}`],
  ["ghcr.io/acme/app", { "ghcr.io": auth("bot:pass\0\0") }, `bot:pass ${where}`],
  ["ghcr.io/acme/app", { "https://ghcr.io": auth("bot:pass") }, `bot:pass ${where}`],
  ["ghcr.io/acme/app", { "https://GHCR.io/v1/": auth("bot:pass") }, `bot:pass ${where}`],
  [
    "acme.azurecr.io/app",
    { "acme.azurecr.io": { ...auth("00000000-0000-0000-0000-000000000000:"), identitytoken: "refresh" } },
    `:refresh ${where}`,
  ],
  ["nginx", { "https://index.docker.io/v1/": auth("bot:hub") }, `bot:hub ${where}`],
  ["acme/app", { "docker.io": auth("bot:hub") }, `bot:hub ${where}`],
  ["docker.io/acme/app", { "index.docker.io/acme": auth("bot:hub") }, `bot:hub ${where}`],
  ["127.0.0.1:5000/app", { "127.0.0.1:5000": auth("bot:port"), "127.0.0.1": auth("bot:none") }, `bot:port ${where}`],
  ["127.0.0.1:5000/app", { "127.0.0.1": auth("bot:none"), "127.0.0.1:500": auth("bot:none") }, undefined],
  ["ghcr.io/acme/app", { "ghcr.io": {} }, undefined],
  ["ghcr.io/acme/app", { "ghcr.io": null }, undefined],
  ["ghcr.io/acme/app", { "evil-ghcr.io": auth("a:b"), "ghcr.io.example.com": auth("a:b") }, undefined],
  ["ghcr.io/acme/app", { "ghcr.io/acme/app": auth("app:1"), "ghcr.io/acme": auth("acme:2"), "ghcr.io": auth("all:3") }, `app:1 ${where}`],
  [
    "ghcr.io/acme/other",
    { "ghcr.io": auth("all:3"), "ghcr.io/acme": auth("acme:2"), "ghcr.io/acme/app": auth("app:1") },
    `acme:2 ${where}`,
  ],
  ["ghcr.io/acme2/app", { "ghcr.io": auth("all:3"), "ghcr.io/acme": auth("acme:2") }, `all:3 ${where}`],
  ["ghcr.io/acme/app", { "ghcr.io/acme": {}, "ghcr.io": auth("all:3") }, `all:3 ${where}`],
])("the stored login for %s of %j is %s", async (image, auths, expected) => {
  await write(config, { auths, HttpHeaders: { "User-Agent": "x" }, psFormat: "table" });
  expect(await stored(image)).toBe(expected);
});

test("Docker's config comes first, then Podman's", async () => {
  vi.stubEnv("XDG_RUNTIME_DIR", join(home, "run"));
  expect(await stored("ghcr.io/acme/app")).toBeUndefined();
  await write(join(home, "nowhere/containers/auth.json"), { auths: { "ghcr.io": auth("a:config") } });
  expect(await stored("ghcr.io/acme/app")).toBe("a:config from HOME/nowhere/containers/auth.json");
  await write(join(home, "run/containers/auth.json"), { auths: { "ghcr.io": auth("a:runtime") } });
  expect(await stored("ghcr.io/acme/app")).toBe("a:runtime from HOME/run/containers/auth.json");
  await write(join(home, "auth.json"), { auths: { "ghcr.io": auth("a:told") } });
  vi.stubEnv("REGISTRY_AUTH_FILE", join(home, "auth.json"));
  expect(await stored("ghcr.io/acme/app")).toBe("a:told from HOME/auth.json");
  await write(config, "");
  expect(await stored("ghcr.io/acme/app")).toBeUndefined();
});

test.each([
  ["{canary", "it is not JSON", "repair it, or move it away and log in again"],
  ['["canary"]', "it is not in Docker's format", "repair it, or move it away and log in again"],
  ['{"auths":["canary"]}', "auths is not in Docker's format", "repair it, or move it away and log in again"],
  ['{"auths":{"ghcr.io":"canary"}}', "auths → ghcr.io is not in Docker's format", "repair it, or move it away and log in again"],
  [
    '{"auths":{"ghcr.io":{"auth":["canary"]}}}',
    "auths → ghcr.io → auth is not in Docker's format",
    "repair it, or move it away and log in again",
  ],
  ['{"credHelpers":{"ghcr.io":7}}', "credHelpers → ghcr.io is not in Docker's format", "repair it, or move it away and log in again"],
  [
    `{"auths":{"ghcr.io":{"auth":"${base64("canary")}"}}}`,
    "auths → ghcr.io → auth is not a name and a password in base64",
    "repair it, or log in again",
  ],
])("the broken config %s is one clear error that shows nothing of it", async (content, why, hint) => {
  await write(config, content);
  const failure = await stored("ghcr.io/acme/app").catch((error: unknown) => error);
  expect(failure).toEqual(new FairleadError("input", `read Docker config ${config}: ${why}`, { hint }));
});

test("a config that cannot be read is an error", async () => {
  await mkdir(config, { recursive: true });
  await expect(stored("ghcr.io/acme/app")).rejects.toMatchObject({
    code: "input",
    message: `read Docker config ${config}: it cannot be read (EISDIR)`,
  });
});

test("any config gives a login, none, or an error of ours without its content", async () => {
  const keys = fc.constantFrom("ghcr.io", "https://ghcr.io/v1/", "ghcr.io/acme", "ghcr.io/acme/app", "__proto__", "constructor");
  const values = fc.oneof(fc.base64String(), fc.string(), fc.constant(base64("bot:canary")), fc.jsonValue());
  const entry = fc.dictionary(fc.constantFrom("auth", "username", "password", "identitytoken", "email"), values);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.dictionary(keys, entry).map((auths) => JSON.stringify({ auths })),
      ),
      async (content) => {
        await write(config, content);
        const outcome = await stored("ghcr.io/acme/app").catch((error: unknown) => error as Error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ name: "FairleadError", code: "input" });
          expect(outcome.message).not.toContain("canary");
        } else if (outcome !== undefined) expect(outcome).toContain(" from HOME/docker/config.json");
      },
    ),
    { numRuns: 300 },
  );
});

test("a helper is called by its protocol, without the run's secrets in its environment", async () => {
  vi.stubEnv("GITHUB_TOKEN", "canary");
  vi.stubEnv("SLACK_BOT_TOKEN", "canary");
  vi.stubEnv("AWS_PROFILE", "team");
  await install(
    "vault",
    'echo "$*" > "$HOME/asked"; cat >> "$HOME/asked"; env > "$HOME/env"; echo \'{"ServerURL":"x","Username":"bot","Secret":"kept"}\'',
  );
  await write(config, { auths: { "ghcr.io": {} }, credsStore: "vault" });
  expect(await stored("ghcr.io/acme/app")).toBe("bot:kept from docker-credential-vault");
  expect(await readFile(join(home, "asked"), "utf8")).toBe("get\nghcr.io");
  const env = await readFile(join(home, "env"), "utf8");
  expect(env).toContain("AWS_PROFILE=team");
  expect(env).not.toContain("canary");
});

test("a helper is asked for Docker Hub by Docker's name of it", async () => {
  await install("vault", 'read -r server; echo "{\\"Username\\":\\"bot\\",\\"Secret\\":\\"$server\\"}"');
  await write(config, { credHelpers: { "docker.io": "vault" } });
  expect(await stored("nginx")).toBe("bot:https://index.docker.io/v1/ from docker-credential-vault");
});

test("a registry's own helper comes before the default one, and a namespace's login before both", async () => {
  await install("all", 'echo \'{"Username":"bot","Secret":"all"}\'');
  await install("one", 'echo \'{"Username":"<token>","Secret":"one"}\'');
  await write(config, { auths: { "ghcr.io/acme": auth("acme:own") }, credHelpers: { "ghcr.io": "one" }, credsStore: "all" });
  expect(await stored("ghcr.io/other/app")).toBe(":one from docker-credential-one");
  expect(await stored("quay.io/acme/app")).toBe("bot:all from docker-credential-all");
  expect(await stored("ghcr.io/acme/app")).toBe(`acme:own ${where}`);
});

test.each([
  ["a host", { "ghcr.io": "" }],
  ["a host by its URL", { "https://ghcr.io/v1/": "" }],
  ["a host whose URL has a helper", { "https://ghcr.io": "gone", "ghcr.io": "" }],
])("credHelpers with an empty name opt %s out of credsStore: the login is that of the file", async (_title, credHelpers) => {
  await write(config, { auths: { "ghcr.io": auth("bot:file") }, credHelpers, credsStore: "gone" });
  expect(await stored("ghcr.io/acme/app")).toBe(`bot:file ${where}`);
  await expect(stored("quay.io/acme/app")).rejects.toMatchObject({
    message: `log in to quay.io: ${config} names docker-credential-gone, which is not there`,
  });
});

test("a host that is opted out of credsStore and has no login in the file has none", async () => {
  await write(config, { credHelpers: { "docker.io": "" }, credsStore: "gone" });
  expect(await stored("nginx")).toBeUndefined();
});

test("a helper without a login is skipped, and the file's login is used", async () => {
  await install("empty", "echo 'credentials not found in native keychain'; exit 1");
  await write(config, { auths: { "quay.io": auth("bot:file") }, credsStore: "empty" });
  expect(await stored("ghcr.io/acme/app")).toBeUndefined();
  expect(await stored("quay.io/acme/app")).toBe(`bot:file ${where}`);
});

test.each([
  ["gone", undefined, "input", "CONFIG names docker-credential-gone, which is not there"],
  ["../evil", undefined, "input", "CONFIG names a credential helper whose name is not a program's"],
  ["fails", "echo canary; echo canary >&2; exit 3", "unauthenticated", "docker-credential-fails failed (3)"],
  ["talks", "echo canary", "unsupported", "docker-credential-talks answered something that is not a login"],
  ["deaf", "exec <&-; exit 1", "unauthenticated", "docker-credential-deaf failed (1)"],
])("the helper %s, which is missing or fails, is an error without its output", async (helper, script, code, why) => {
  await install("other", "exit 1");
  if (script !== undefined) await install(helper, script);
  await write(config, { credHelpers: { "ghcr.io": helper } });
  const failure = (await stored("ghcr.io/acme/app").catch((error: unknown) => error)) as Error;
  expect({ ...failure, message: failure.message.replace(config, "CONFIG") }).toMatchObject({ code, message: `log in to ghcr.io: ${why}` });
  expect(JSON.stringify({ ...failure, stack: failure.stack, cause: String(failure.cause) })).not.toContain("canary");
});

test("a stopped run does not wait for a helper", async () => {
  await install("slow", 'read -r server; : > "$HOME/begun"; exec sleep 600');
  await write(config, { credsStore: "slow" });
  const stop = new AbortController();
  const failure = stored("ghcr.io/acme/app", stop.signal).catch((error: unknown) => error);
  await expect.poll(() => readFile(join(home, "begun"), "utf8").catch(() => undefined), { timeout: 20_000 }).toBe("");
  stop.abort();
  expect(await failure).toMatchObject({ code: "canceled", message: "log in to ghcr.io: stopped" });
});
