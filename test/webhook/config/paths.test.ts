import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { loadConfig } from "../../../webhook/config/store.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { startFairlead, type Running } from "../../cli.ts";

const kinds = { receivers, pipelines };

/** A configuration that names a file at each place that takes one. */
const text = `version: 1
credentials:
  github.com: { token: "file:github token" }
  ghcr.io: { username: file:not-a-path, password: file:../ghcr }
  git.example.com: { sshKey: file:/run/key, sshKnownHosts: file:~/hosts }
  slack: { token: env:SLACK }
servers: { tls: { ca: file:ca.pem }, plainHttp: [127.0.0.1:5000] }
sources:
  one: { kind: github, secrets: file:one }
  two: { kind: quay, path: [file:two, "cmd:cat three"] }
store: sqlite:state/fairlead.db
routes:
  - name: build
    when: { source: one, kind: push, repository: github.com/acme/app, branch: main }
    run: build
    with: { source: app, image: ghcr.io/acme/app, token: file:token, secrets: { npm: file:npm, maven: env:MAVEN } }
  - name: tell
    when: { source: one, kind: push, repository: github.com/acme/app, branch: main }
    run: notify
    with: { message: "file:message", to: ["slack:C0123456789"] }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-paths-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("relative paths of a configuration count from its folder, at every place that takes one", () => {
  const absolute = (path: string): string => (path.startsWith("/") ? path : `/FOLDER/${path}`);
  const config = readConfig(text, { path: "fairlead.yaml", absolute, ...kinds });
  const { credentials, servers, sources, store, routes } = JSON.parse(config.text) as Record<string, unknown>;
  expect({ credentials, servers, sources, store, with: (routes as { with: unknown }[]).map((each) => each.with) }).toMatchInlineSnapshot(`
    {
      "credentials": {
        "ghcr.io": {
          "password": "file:/FOLDER/../ghcr",
          "username": "file:not-a-path",
        },
        "git.example.com": {
          "sshKey": "file:/run/key",
          "sshKnownHosts": "file:~/hosts",
        },
        "github.com": {
          "token": "file:/FOLDER/github token",
        },
        "slack": {
          "token": "env:SLACK",
        },
      },
      "servers": {
        "plainHttp": [
          "127.0.0.1:5000",
        ],
        "tls": {
          "ca": "file:/FOLDER/ca.pem",
        },
      },
      "sources": {
        "one": {
          "kind": "github",
          "secrets": "file:/FOLDER/one",
        },
        "two": {
          "kind": "quay",
          "path": [
            "file:/FOLDER/two",
            "cmd:cat three",
          ],
        },
      },
      "store": "sqlite:/FOLDER/state/fairlead.db",
      "with": [
        {
          "image": "ghcr.io/acme/app",
          "secrets": {
            "maven": "env:MAVEN",
            "npm": "file:/FOLDER/npm",
          },
          "source": "/FOLDER/app",
          "token": "file:/FOLDER/token",
        },
        {
          "message": "file:message",
          "to": [
            "slack:C0123456789",
          ],
        },
      ],
    }
  `);
  expect(readConfig(config.text, { path: "configuration", ...kinds })).toEqual(config);
});

test("a configuration that a link leads to counts its paths from the link's folder", async () => {
  await mkdir(join(folder, "data-1"));
  await writeFile(join(folder, "data-1/fairlead.yaml"), "version: 1\n");
  await symlink("data-1/fairlead.yaml", join(folder, "linked.yaml"));
  expect((await loadConfig(join(folder, "linked.yaml"), kinds)).store).toBe(`sqlite:${folder}/fairlead.db`);
});

test("serve, sources, runs and deliveries find the store and the secrets of one configuration from any folder, and make nothing there", async () => {
  const home = join(folder, "home");
  const elsewhere = join(folder, "elsewhere");
  await Promise.all([mkdir(home), mkdir(elsewhere)]);
  await writeFile(join(home, "key"), "a-key-of-thirty-two-letters-0123", { mode: 0o600 });
  const config = {
    version: 1,
    store: "sqlite:state.db",
    listen: { port: 0 },
    sources: { ci: { kind: "generic-hmac", secrets: "file:key" } },
  };
  await writeFile(join(home, "fairlead.yaml"), JSON.stringify(config));
  const start = (...args: readonly string[]): Running => startFairlead([...args, "--config", "../home/fairlead.yaml"], {}, elsewhere);
  const listener = start("serve");
  try {
    await listener.printed('"listening"');
    const read = [
      ["runs", "list"],
      ["deliveries", "list"],
      ["sources", "--json"],
    ];
    const ended = await Promise.all(read.map((args) => start(...args).ended));
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: "" }));
    expect(ended.map(({ stdout }) => stdout.includes("none"))).toEqual([true, true, false]);
  } finally {
    listener.stop("SIGTERM");
    await listener.ended;
  }
  expect([await readdir(elsewhere), (await readdir(home)).sort()]).toEqual([[], ["fairlead.yaml", "key", "state.db"]]);
});
