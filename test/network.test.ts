import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openNetwork, readNetwork, type Network } from "../src/network.ts";
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
      [
        "deploy",
        `${world.registry.host}/acme/app:9`,
        "--unchecked",
        "--flux-repository",
        `https://localhost:${ports.github}/acme/flux`,
        "--dry-run",
      ],
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
    const [first, second] = [
      readNetwork({ settings: {}, authorities: other.file }),
      readNetwork({ settings: {}, authorities: authority.file }),
    ];
    const open = async (network: Network, before?: Network): Promise<string> => {
      openNetwork(network, before);
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
    const here = fluxFiles(`${world.registry.host}/acme/app`)["apps/app/deployment.yaml"] ?? "";
    const files = { ...fluxFiles("registry.test/acme/copied"), "apps/here/deployment.yaml": here };
    await world.github.commit("acme/flux", { branch: "main", files, message: "copied" });
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

  const one = "hint: name one such as http://proxy.example.com:3128\n";
  const socks = "hint: name an HTTP proxy there, and the SOCKS proxy in ALL_PROXY, which Git alone uses\n";
  test.each([
    ["HTTPS_PROXY", "ftp://proxy.test", `it is no URL of an HTTP proxy\n${one}`],
    ["http_proxy", "http://[proxy", `it is no URL of an HTTP proxy\n${one}`],
    ["ALL_PROXY", "ftp://proxy.test", `it is no URL of an HTTP proxy\n${one}`],
    ["https_proxy", "socks5://proxy.test:1080", `it names a SOCKS proxy, and registries and APIs need an HTTP proxy\n${socks}`],
  ])("a variable that names no HTTP proxy is an error of the environment: %s=%s", async (variable, value, problem) => {
    const { HTTPS_PROXY: _, ...env } = company;
    const { code, stderr } = await fairlead(post, { ...env, [variable]: value });
    expect([code, stderr]).toEqual([2, `fairlead: read ${variable}: ${problem}`]);
  });

  test("an API of a network in NO_PROXY is asked without the proxy, and so is one below a name there", async () => {
    const env = { ...company, SLACK_API_URL: "https://127.9.9.9:1/api/", NO_PROXY: "10.0.0.0/8, test" };
    expect(failureIn((await fairlead(post, env)).stderr)).not.toContain("the proxy");
    expect(
      failureIn((await fairlead(post, { ...env, SLACK_API_URL: "https://10.255.255.255:1/api/", NO_PROXY: "10.0.0.0/8" })).stderr),
    ).not.toContain("the proxy");
    expect(failureIn((await fairlead(post, { ...env, SLACK_API_URL: "https://slack.test/api/" })).stderr)).not.toContain("the proxy");
    expect(through()).toEqual([]);
  });

  describe("a failing proxy", () => {
    const aws = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "canary-key", AWS_MAX_ATTEMPTS: "1" };
    const ecr = ["create-repository", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app", "--dry-run"];
    const deployOf = (url: string) => [
      "deploy",
      "REGISTRY/acme/app:9",
      "--unchecked",
      "--flux-repository",
      `${url}/acme/flux`,
      "--dry-run",
    ];
    const plain = ["retag", "plain.test/acme/app:1", "2", "--plain-http", "plain.test"];
    const statuses = [407, 403, 405, 502];

    test.each([
      ["a registry", copy, statuses, {}, "read registry.test/acme/copied:1: registry.test cannot be reached: "],
      ["a registry without TLS", plain, [407], {}, "read plain.test/acme/app:1: plain.test cannot be reached: "],
      ["Git", deployOf("https://github.test"), statuses, {}, "read github.test/acme/flux: "],
      [
        "GitHub's API",
        deployOf("GITHUB"),
        statuses,
        { GITHUB_SERVER_URL: "GITHUB", GITHUB_API_URL: "https://github.test/api/v3" },
        "list pull requests to main in GITHUB/acme/flux: ",
      ],
      ["Slack", post, statuses, {}, `post to Slack channel ${channel}: Slack cannot be reached: `],
      ["AWS", ecr, statuses, aws, "read repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app: AWS cannot be reached: "],
    ] as const)("the error for %s names the proxy that fails, and what to do", async (what, args, answers, env, doing) => {
      const variable = what === "a registry without TLS" ? "HTTP_PROXY" : "HTTPS_PROXY";
      const here = (text: string) => text.replace("REGISTRY", world.registry.host).replace("GITHUB", world.github.url);
      const named = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)]));
      const proxies = await Promise.all(answers.map((status) => startCompanyProxy({}, status)));
      const dead = await startCompanyProxy({});
      await dead.stop();
      const hosts = [...proxies, dead].map(({ host }) => host);
      const urls = [...hosts.map((host) => `http://${host}`), "http://no-proxy.invalid:3128", `http://bot@${hosts[0]}`];
      const ends = await Promise.all(
        urls.map(async (url) => {
          const { code, stderr } = await fairlead(args.map(here), { ...company, ...named, HTTPS_PROXY: url, HTTP_PROXY: url });
          const said = failureIn(stderr).replaceAll(new URL(url).host, "PROXY").replaceAll(world.github.host, "GITHUB");
          return `${code} ${said.split("\n").slice(0, 2).join("\n")}`;
        }),
      );
      for (const each of proxies) await each.stop();
      const check = "hint: check HTTPS_PROXY, or name the host in NO_PROXY";
      const answered = "hint: check HTTPS_PROXY, or whether the proxy can reach the host";
      const login = "hint: check the user name and the password in the URL of HTTPS_PROXY";
      const all = [
        `3 the proxy PROXY wants a login\n${login}`,
        "3 the proxy PROXY does not allow it\nhint: let the proxy allow the host, or name the host in NO_PROXY",
        `6 the proxy PROXY answered 405\n${answered}`,
        `75 the proxy PROXY answered 502\n${answered}`,
        `75 the proxy PROXY cannot be reached: connection refused\n${check}`,
        `75 the proxy PROXY cannot be reached: no such host\n${check}`,
        `3 the proxy PROXY refuses the login\n${login}`,
      ];
      const expected = [...all.slice(0, answers.length), ...all.slice(statuses.length)];
      expect(ends).toEqual(expected.map((each) => each.replace(" ", ` fairlead: ${doing}`).replaceAll("HTTPS_PROXY", variable)));
    });
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
