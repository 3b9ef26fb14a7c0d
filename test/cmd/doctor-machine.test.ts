import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";
import { startGitHub } from "../doubles/github.ts";
import { startRegistry } from "../doubles/registry.ts";
import { listen } from "../doubles/server.ts";
import { startSlack } from "../doubles/slack.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "fairlead-doctor-"));
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

interface Document {
  readonly checks: readonly { readonly check: string; readonly verdict: string; readonly detail: string; readonly advice: string | null }[];
  readonly error: { readonly code: string } | null;
}

/** Runs doctor in an empty folder, with nothing of this machine but its programs. */
async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}, folder?: string): Promise<Ended> {
  const cwd = folder ?? (await mkdtemp(join(home, "folder-")));
  const own = {
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: home,
    FAIRLEAD_ENGINE: "",
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: "",
  };
  return await startFairlead(["doctor", ...args], { ...own, ...env }, cwd).ended;
}

/** Returns the checks of a document by name, as `verdict: detail`. */
function byName({ stdout }: Ended, names: readonly string[]): Readonly<Record<string, string>> {
  const { checks } = JSON.parse(stdout) as Document;
  const wanted = checks.filter(({ check }) => names.includes(check.split(":", 1)[0]!));
  return Object.fromEntries(wanted.map(({ check, verdict, detail }) => [check, `${verdict}: ${detail}`]));
}

test("doctor alone looks at the whole machine, in one order, and writes nothing", async () => {
  const before = await readdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, "folder-"));
  const ended = await doctor(["--json"], {}, folder);
  const { checks, error } = JSON.parse(ended.stdout) as Document;
  expect(checks.map(({ check }) => check)).toEqual([
    ...["node", "git", "engine", "disk", "docker", "token:github.com", "slack", "proxy", "ca", "clock", "config"],
  ]);
  expect(checks.map((each) => Object.keys(each))).toEqual(checks.map(() => ["check", "verdict", "detail", "advice"]));
  expect({ code: ended.code, error, stderr: ended.stderr }).toEqual({ code: 0, error: null, stderr: "" });
  expect(byName(ended, ["node", "token", "slack", "proxy", "ca", "clock", "config"])).toEqual({
    node: `yes: ${process.versions.node}`,
    "token:github.com": "unknown: there is no token",
    slack: "unknown: there is no token",
    proxy: "unknown: no variable names one",
    ca: "unknown: no further authorities are named",
    clock: "unknown: no server answered that is asked anyway",
    config: "unknown: there is no fairlead.yaml in this folder",
  });
  expect((await readdir(home, { recursive: true })).filter((each) => !before.includes(each))).toEqual([folder.slice(home.length + 1)]);
});

test("doctor says whose the tokens of the environment are, and where they came from", async () => {
  await using github = await startGitHub({ tokens: { "canary-token": { login: "acme-bot" } } });
  await using slack = await startSlack({ tokens: { "canary-slack": { scopes: ["chat:write"] } }, channels: [] });
  const env = { GITHUB_TOKEN: "canary-token", GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl };
  const ended = await doctor(["--json"], { ...env, SLACK_BOT_TOKEN: "canary-slack", SLACK_API_URL: slack.url });
  expect(ended.stdout + ended.stderr).not.toContain("canary");
  expect({ code: ended.code, ...byName(ended, ["token", "slack", "clock"]) }).toEqual({
    code: 0,
    [`token:${github.host}`]: "yes: acme-bot, by env (GITHUB_TOKEN); its permissions are not told",
    slack: "yes: fairlead in Acme, by env (SLACK_BOT_TOKEN); may chat:write",
    clock: `yes: as that of ${github.host}`,
  });
  expect(github.requests.filter(({ write, method }) => write && method !== "HEAD")).toEqual([]);
  expect(slack.messages).toEqual([]);
});

test("doctor says who an App of the configuration is, and what it may do where it is installed", async () => {
  await using github = await startGitHub();
  const { id, pem } = github.createApp({ slug: "acme-fairlead", permissions: { contents: "write", pull_requests: "write" } });
  const folder = await mkdtemp(join(home, "folder-"));
  await writeFile(join(folder, "app.pem"), pem, { mode: 0o600 });
  const text = `version: 1
servers: { github: { url: "${github.url}", api: "${github.apiUrl}" } }
credentials: { "${github.host}/acme": { app: ${id}, key: "file:app.pem" } }
`;
  await writeFile(join(folder, "fairlead.yaml"), text);
  const look = async () => byName(await doctor(["--json", "--config", "fairlead.yaml"], {}, folder), ["token"]);
  expect(await look()).toMatchObject({
    [`token:${github.host}/acme`]: `no: ask GitHub who App ${id} of ${github.host} is: the App acme-fairlead is not installed anywhere`,
  });
  github.installApp({ app: id, account: "acme" });
  expect(await look()).toEqual({
    [`token:${github.host}`]: "unknown: there is no token",
    [`token:${github.host}/acme`]: `yes: acme-fairlead[bot], by app (App ${id}); may contents: write, metadata: read, pull-requests: write`,
  });
});

test("doctor ends with the code of the first check that fails among those that are configured", async () => {
  await using github = await startGitHub({ tokens: {} });
  const env = { GITHUB_TOKEN: "canary-wrong", GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl };
  const ended = await doctor(["--json"], env);
  const { checks, error } = JSON.parse(ended.stdout) as Document;
  const token = checks.find(({ check }) => check.startsWith("token:"))!;
  expect({ code: ended.code, verdict: token.verdict, error: error?.code }).toEqual({ code: 3, verdict: "no", error: "unauthenticated" });
  const plain = await doctor([], env);
  expect({ code: plain.code, stderr: plain.stderr, times: plain.stdout.split(token.detail).length - 1 }).toEqual({
    code: 3,
    stderr: "",
    times: 1,
  });
});

test("doctor logs in to the registries of the Docker config, each with its own login", async () => {
  await using registry = await startRegistry({ users: { robot: "canary-password" } });
  const folder = await mkdtemp(join(home, "docker-"));
  const auth = Buffer.from("robot:canary-password").toString("base64");
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const ended = await doctor(["--json"], { DOCKER_CONFIG: folder });
  expect(ended.stdout + ended.stderr).not.toContain("canary");
  expect({ code: ended.code, ...byName(ended, ["registry"]) }).toEqual({
    code: 0,
    [`registry:${registry.host}`]: `yes: by plain HTTP; as robot, by ${join(folder, "config.json")}`,
  });
});

test("doctor tells a Docker config that cannot be read, without its content", async () => {
  const folder = await mkdtemp(join(home, "docker-"));
  await writeFile(join(folder, "config.json"), '{ "auths": canary');
  const ended = await doctor(["--json"], { DOCKER_CONFIG: folder });
  expect(ended.stdout + ended.stderr).not.toContain("canary");
  expect({ code: ended.code, ...byName(ended, ["registry"]) }).toMatchObject({
    code: 2,
    "registry:docker-config": expect.stringMatching(/^no: read .*config\.json/) as string,
  });
});

test("doctor compares the clock with that of a server which it asks anyway", async () => {
  await using stack = new AsyncDisposableStack();
  const late = new Date(Date.now() - 3_600_000).toUTCString();
  const host = await listen(stack, (_, response) => Promise.resolve(void response.writeHead(200, { date: late }).end()));
  const folder = await mkdtemp(join(home, "docker-"));
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [host]: {} } }));
  const ended = await doctor(["--json"], { DOCKER_CONFIG: folder });
  expect({ code: ended.code, ...byName(ended, ["clock"]) }).toEqual({
    code: 6,
    clock: expect.stringMatching(/^no: 36\d\d s ahead of that of /) as string,
  });
});

test("doctor asks no server and runs no command that a found fairlead.yaml names, and those of a named one", async () => {
  await using github = await startGitHub({ tokens: { "canary-token": { login: "acme-bot" } } });
  const folder = await mkdtemp(join(home, "folder-"));
  const text = `version: 1
servers: { github: { url: "${github.url}", api: "${github.apiUrl}" } }
credentials: { "${github.host}": { token: "cmd:touch ran && echo canary-token" } }
`;
  await writeFile(join(folder, "fairlead.yaml"), text);
  const found = await doctor(["--json"], {}, folder);
  expect(byName(found, ["token", "config"])).toEqual({
    "token:github.com": "unknown: there is no token",
    config: "yes: fairlead.yaml can be read; nothing in it was tried",
  });
  expect({ files: await readdir(folder), requests: github.requests }).toEqual({ files: ["fairlead.yaml"], requests: [] });
  const named = await doctor(["--json", "--config", "fairlead.yaml"], {}, folder);
  expect(byName(named, ["token"])).toEqual({
    [`token:${github.host}`]: `yes: acme-bot, by file (token of ${github.host}); its permissions are not told`,
  });
});

test("doctor reads the secrets of a named configuration from that file's folder, wherever it runs", async () => {
  await using github = await startGitHub({ tokens: { "canary-token": { login: "acme-bot" } } });
  const folder = await mkdtemp(join(home, "folder-"));
  const text = `version: 1
servers: { github: { url: "${github.url}", api: "${github.apiUrl}" } }
credentials: { "${github.host}": { token: "file:token" } }
`;
  await writeFile(join(folder, "fairlead.yaml"), text);
  await writeFile(join(folder, "token"), "canary-token", { mode: 0o600 });
  const named = await doctor(["--json", "--config", join(folder, "fairlead.yaml")]);
  expect(byName(named, ["token"])).toEqual({
    [`token:${github.host}`]: `yes: acme-bot, by file (token of ${github.host}); its permissions are not told`,
  });
});

test("doctor tells a configuration that cannot be read, and an engine that does not answer", async () => {
  const folder = await mkdtemp(join(home, "folder-"));
  await mkdir(join(folder, "run"));
  await writeFile(join(folder, "fairlead.yaml"), "version: 2\n");
  const address = `unix://${join(folder, "run", "engine.sock")}`;
  const ended = await doctor(["--json"], { FAIRLEAD_ENGINE: address }, folder);
  expect({ code: ended.code, ...byName(ended, ["engine", "config"]) }).toEqual({
    code: 6,
    engine: `no: none answers at ${address}`,
    config: expect.stringMatching(/^no: fairlead\.yaml:1:10 version: /) as string,
  });
});

test("doctor tells a secret of a named configuration that is not there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-unset-"));
  await writeFile(join(folder, "fairlead.yaml"), "version: 1\ncredentials: { git.example.com: { token: env:NOT_SET_ANYWHERE } }\n");
  const ended = await doctor(["--json", "--config", join(folder, "fairlead.yaml")]);
  expect(byName(ended, ["config"])).toEqual({
    config: expect.stringMatching(/^no: reveal secret .*: the environment variable NOT_SET_ANYWHERE is not set$/) as string,
  });
  await rm(folder, { recursive: true });
});

test.runIf(process.getuid?.() === 0)(
  "doctor reads a fairlead.yaml of another user where it is named, and not where it is only found",
  async () => {
    const folder = await mkdtemp(join(home, "others-"));
    await writeFile(join(folder, "fairlead.yaml"), "version: 1\n");
    await chown(join(folder, "fairlead.yaml"), 65_534, 65_534);
    expect(byName(await doctor(["--json", "--config", "fairlead.yaml"], {}, folder), ["config"])).toEqual({
      config: "yes: fairlead.yaml: its credentials and servers can be read",
    });
    expect(byName(await doctor(["--json"], {}, folder), ["config"])).toEqual({
      config: "unknown: there is no fairlead.yaml in this folder",
    });
  },
);
