import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openNetwork, readAuthorities, type Authorities } from "../src/network.ts";
import { fairlead } from "./cli.ts";
import { startCompanyProxy, type CompanyProxy } from "./doubles/company-proxy.ts";
import { createFolder } from "./doubles/server.ts";
import { createAuthority, type Authority } from "./doubles/tls.ts";
import { pushLayered } from "./pipelines/images.ts";
import { channel, fluxFiles, slackToken, startWorld, token, type World } from "./pipelines/world.ts";
import { startListener } from "./webhook/listener.ts";

const stack = new AsyncDisposableStack();
let [world, authority, other, proxy] = [] as unknown as [World, Authority, Authority, CompanyProxy];
let ports: Readonly<Record<"github" | "slack" | "registry", number>>;
let folder: string;
/** What a company's machine has: servers by names that its proxy alone knows, each behind TLS of the company's own. */
let company: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = stack.use(await startWorld());
  const hosts = ["github.test", "slack.test", "registry.test"];
  authority = await createAuthority(stack, hosts);
  other = await createAuthority(stack, hosts);
  ports = {
    github: await authority.serve(stack, world.github.host),
    slack: await authority.serve(stack, world.slack.host),
    registry: await authority.serve(stack, world.registry.host),
  };
  proxy = stack.use(
    await startCompanyProxy(Object.fromEntries(Object.entries(ports).map(([name, port]) => [`${name}.test:443`, `127.0.0.1:${port}`]))),
  );
  folder = await createFolder(stack, "network");
  company = {
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authority.file,
    GITHUB_SERVER_URL: "https://github.test",
    GITHUB_TOKEN: token,
    SLACK_API_URL: "https://slack.test/api/",
    SLACK_BOT_TOKEN: slackToken,
  };
});
afterAll(() => stack.disposeAsync());
let seenBefore = 0;
beforeEach(() => void (seenBefore = proxy.seen.length));

/** Returns what went through the proxy in this test, each once. */
const through = (): readonly string[] => [...new Set(proxy.seen.slice(seenBefore))].sort();

/** Returns the error with its hint, without the progress before it. */
const failureIn = (stderr: string): string => /^fairlead: [^]*/m.exec(stderr)?.[0] ?? "";

describe("a private authority", () => {
  const deploy = (env: Readonly<Record<string, string>>) =>
    fairlead(
      ["deploy", `${world.registry.host}/acme/app:9`, "--flux-repository", `https://localhost:${ports.github}/acme/flux`, "--dry-run"],
      { GITHUB_SERVER_URL: `https://localhost:${ports.github}`, GITHUB_TOKEN: token, ...env },
    );

  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])("%s alone is enough for Git and the API of GitHub", async (variable) => {
    const { code, stderr } = await deploy({ [variable]: authority.file });
    expect([failureIn(stderr), code]).toEqual(["", 0]);
  });

  test("an untrusted certificate is a permanent error with a hint, of Git, GitHub's API and Slack", async () => {
    const hint = "hint: name the authority's certificate in NODE_EXTRA_CA_CERTS, SSL_CERT_FILE or servers.tls.ca";
    const git = await deploy({});
    expect([git.code, git.stderr]).toEqual([6, expect.stringMatching(/its TLS certificate is not trusted\n/) as string]);
    expect(git.stderr).toContain(hint);
    const api = await deploy({ GIT_SSL_CAINFO: authority.file });
    expect([api.code, api.stderr]).toEqual([6, expect.stringMatching(/: its TLS certificate is not trusted\n/) as string]);
    expect(api.stderr).toContain(hint);
    const slack = { SLACK_API_URL: `https://localhost:${ports.slack}/api/`, SLACK_BOT_TOKEN: slackToken };
    const notified = await fairlead(["notify", "hello", "--to", `slack:${channel}`], slack);
    expect([notified.code, failureIn(notified.stderr)]).toEqual([
      6,
      `fairlead: post to Slack channel ${channel}: Slack cannot be reached: its TLS certificate is not trusted\n${hint}\n`,
    ]);
  });
});

test.each([
  [
    "file:FOLDER/none.pem",
    "fairlead: read servers.tls.ca: the file FOLDER/none.pem holds no certificate\nhint: name a file of PEM certificates\n",
  ],
  ["file:FOLDER/missing.pem", "fairlead: read servers.tls.ca: the file FOLDER/missing.pem cannot be read (ENOENT)\n"],
  ["env:CA", "expected a file of certificates, such as file:/etc/ssl/acme-ca.pem"],
])("a listener does not start with servers.tls.ca: %s", async (ca, expected) => {
  await writeFile(join(folder, "none.pem"), "no certificate\n");
  const file = join(folder, "fairlead.yaml");
  await writeFile(
    file,
    `version: 1\nservers: { tls: { ca: "${ca.replace("FOLDER", folder)}" } }\nsources: {}\nroutes: []\nstore: "sqlite:${folder}/db"\n`,
  );
  const { code, stderr } = await fairlead(["serve", "--config", file]);
  expect([code, stderr.replaceAll(folder, "FOLDER")]).toEqual([2, expect.stringContaining(expected) as string]);
});

const broken = "-----BEGIN CERTIFICATE-----\nMIIBrokenAAAA\n-----END CERTIFICATE-----\n";

describe("a file of certificates that is not one", () => {
  const hello = ["notify", "hello", "--to", `slack:${channel}`];
  const tell = (env: Readonly<Record<string, string>>) =>
    fairlead(hello, { SLACK_API_URL: world.slack.url, SLACK_BOT_TOKEN: slackToken, ...env });

  test.each([
    ["NODE_EXTRA_CA_CERTS", broken],
    ["SSL_CERT_FILE", broken],
    ["SSL_CERT_FILE", "-----BEGIN CERTIFICATE-----\nMIIB"],
  ])("a broken certificate in %s is an error of the environment that names it: %j", async (variable, content) => {
    const file = join(folder, "broken.pem");
    await writeFile(file, content);
    const { code, stderr } = await tell({ [variable]: file });
    expect([code, failureIn(stderr)]).toEqual([
      2,
      `fairlead: read ${variable}: the file ${file} holds a broken certificate, number 1 of 1\nhint: name a file of PEM certificates\n`,
    ]);
  });

  test.each([
    ["missing.pem", "cannot be read (ENOENT)"],
    [".", "cannot be read (EISDIR)"],
    ["garbage.pem", "holds no certificate"],
  ])("SSL_CERT_FILE that holds none is a warning, since it may be for other programs: %s", async (name, problem) => {
    await writeFile(join(folder, "garbage.pem"), "garbage\n");
    const file = join(folder, name);
    const { code, stderr } = await tell({ SSL_CERT_FILE: file });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`read SSL_CERT_FILE: the file ${file} ${problem}\n`) as string]);
  });

  test("the file of servers.tls.ca is read again at a reload: a renewed one is taken, and a broken or missing one refused", async () => {
    const file = join(folder, "renewed.pem");
    await copyFile(other.file, file);
    await using listener = await startListener({ servers: { tls: { ca: `file:${file}` } }, routes: [] });
    const reload = async (content: string | undefined): Promise<unknown> => {
      await rm(file, { force: true });
      if (content !== undefined) await writeFile(file, content);
      const before = listener.log().length;
      listener.process.stop("SIGHUP");
      return await vi.waitFor(
        () => {
          const line = /^.*"configuration .*$/m.exec(listener.log().slice(before))?.[0] ?? "{}";
          const { msg, changed, problems } = JSON.parse(line) as Record<string, unknown>;
          expect(msg).toBeDefined();
          return { msg, changed, problems };
        },
        { timeout: 60_000 },
      );
    };
    const refused = (problem: string) => ({
      msg: "configuration refused: the old one goes on",
      problems: [`read servers.tls.ca: the file ${file} ${problem}`],
    });
    const read = (changed: boolean) => ({ msg: "configuration read again", changed });
    expect([await reload(broken), await reload(undefined)]).toEqual([
      refused("holds a broken certificate, number 1 of 1"),
      refused("cannot be read (ENOENT)"),
    ]);
    expect([await reload(await readFile(other.file, "utf8")), await reload(await readFile(authority.file, "utf8"))]).toEqual([
      read(false),
      read(true),
    ]);
  });

  test("authorities in the place of others are trusted instead of them", async () => {
    const ask = () =>
      new Promise<string>((resolve) => {
        const asked = get(`https://localhost:${ports.slack}/`, { agent: false }, (answer) => resolve(`${answer.resume().httpVersion}`));
        asked.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
      });
    const [first, second] = [readAuthorities({ authorities: other.file }), readAuthorities({ authorities: authority.file })];
    const open = async (authorities: Authorities, before?: Authorities): Promise<string> => {
      openNetwork(authorities, before);
      return await ask();
    };
    expect([await open(first), await open(second, first), await open(first, second)]).toEqual([
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "1.1",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ]);
  });
});

describe("a company's proxy", () => {
  const post = ["notify", "hello", "--to", `slack:${channel}`];
  const copy = ["retag", "registry.test/acme/copied:1", "2"];
  const change = ["deploy", "registry.test/acme/copied:1", "--flux-repository", "https://github.test/acme/flux", "--dry-run"];

  beforeAll(async () => {
    await pushLayered({ host: world.registry.host, repository: "acme/copied" }, ["a layer"], { tag: "1" });
    await world.github.commit("acme/flux", { branch: "main", files: fluxFiles("registry.test/acme/copied"), message: "copied" });
  });

  test.each([
    ["Slack", post, ["CONNECT slack.test:443"]],
    ["a registry", copy, ["CONNECT registry.test:443"]],
    ["Git, GitHub's API and a registry", change, ["CONNECT github.test:443", "CONNECT registry.test:443"]],
  ] as const)("HTTPS_PROXY is the way to %s", async (_what, args, expected) => {
    const { code, stderr } = await fairlead(args, company);
    expect([failureIn(stderr), code]).toEqual(["", 0]);
    expect(through()).toEqual(expected);
  });

  test("HTTPS_PROXY is the way to AWS, and the metadata of the machine is asked without it", async () => {
    const aws = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "canary-key", AWS_MAX_ATTEMPTS: "1" };
    const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app";
    const { code } = await fairlead(["create-repository", image, "--dry-run"], { ...company, ...aws });
    expect(code).not.toBe(0);
    expect(through()).toEqual([expect.stringMatching(/^CONNECT (api\.)?ecr\.eu-west-1\.amazonaws\.com:443$/)]);
  });

  test("NO_PROXY leads to a host without the proxy, and this machine always does", async () => {
    const { code, stderr } = await fairlead(post, { ...company, NO_PROXY: ".other.test,slack.test" });
    expect([code, failureIn(stderr)]).toEqual([75, expect.stringContaining("Slack cannot be reached\n") as string]);
    expect((await fairlead(post, { ...company, SLACK_API_URL: world.slack.url })).code).toBe(0);
    expect(through()).toEqual([]);
  });

  test("a variable that names no proxy is an error of the environment", async () => {
    const { code, stderr } = await fairlead(post, { ...company, HTTPS_PROXY: "ftp://proxy.test" });
    expect([code, stderr]).toEqual([
      2,
      "fairlead: read HTTPS_PROXY, HTTP_PROXY: it is no URL of an HTTP proxy\nhint: name one such as http://proxy.example.com:3128\n",
    ]);
  });

  test("a run of the listener goes through the proxy, and trusts the authority of the configuration", async () => {
    const { NODE_EXTRA_CA_CERTS: _, SLACK_BOT_TOKEN: secret, ...env } = company;
    await using listener = await startListener(
      {
        servers: { tls: { ca: `file:${authority.file}` } },
        credentials: { slack: { token: "env:RUN_TOKEN" } },
        routes: [
          {
            name: "tell",
            when: { source: "ci", kind: "push", repository: "github.test/acme/app", branch: "main" },
            run: "notify",
            with: { message: "through the proxy", to: [`slack:${channel}`] },
          },
        ],
      },
      { ...env, RUN_TOKEN: secret ?? "" },
    );
    const { body } = await listener.deliver({
      kind: "push",
      repository: "github.test/acme/app",
      branch: "main",
      commit: "a".repeat(40),
      before: null,
    });
    const [id = ""] = body.runs as string[];
    expect(await listener.run(id)).toMatchObject({ state: "succeeded" });
    expect(through()).toContain("CONNECT slack.test:443");
  });
});
