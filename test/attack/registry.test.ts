/** Attacks by a registry, by a server that it names, and by whoever says where servers are. Each title begins with its number in the threat model. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { adapterKinds, checkServers } from "../../src/adapters.ts";
import { commonFields, readConfigText } from "../../src/config.ts";
import { asFairleadError, type FairleadError } from "../../src/core/errors.ts";
import { parseImage } from "../../src/core/image/image.ts";
import type { Images } from "../../src/core/registry/images.ts";
import type { RegistryLogin } from "../../src/core/registry/registry.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { allowSettings, hostUrl } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";
import { environmentServers, openServers } from "../../src/environment.ts";
import { readServers, serverFields, type ServerNames } from "../../src/module/servers.ts";
import { addressKind } from "../../src/http/address.ts";
import { guardedLookup, type Resolve } from "../../src/http/guard.ts";
import { createImages } from "../../src/registries/oci.ts";
import { fairlead } from "../cli.ts";
import { startAws } from "../doubles/aws.ts";
import { startRegistry } from "../doubles/registry.ts";
import { listen, readBody } from "../doubles/server.ts";
import { digestOf, ociConfig, ociIndex, ociLayer, ociManifest, pushBlob, pushManifest } from "../registries/content.ts";
import { adapter, appOf, failureOf as ecrFailure } from "../registries/ecr/world.ts";

afterEach(() => void vi.unstubAllEnvs());

type Answer = readonly [status: number, headers?: Record<string, string>, body?: string | Uint8Array];

/** Starts a server that answers by a function, and records each request as `METHOD PATH [AUTHORIZATION]`. */
async function start(stack: AsyncDisposableStack, answer: (request: IncomingMessage) => Answer): Promise<{ host: string; seen: string[] }> {
  const seen: string[] = [];
  const host = await listen(stack, async (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    seen.push([request.method, request.url, ...(authorization === undefined ? [] : [authorization])].join(" "));
    await readBody(request);
    const [status, headers = {}, body] = answer(request);
    response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
  });
  return { host, seen };
}

const password = "hunter22-hunter22";
const bot: RegistryLogin = { username: "bot", password: { name: "env:PASSWORD", reveal: () => Promise.resolve(password) } };
const basic = `Basic ${Buffer.from(`bot:${password}`).toString("base64")}`;

function images(login?: RegistryLogin, plainHttp: readonly string[] = []): Images {
  const signal = new AbortController().signal;
  const servers = { settings: {}, plainHttp };
  return createImages({ servers, login: () => Promise.resolve(login), signal, delay: () => Promise.resolve() });
}

const imageAt = (host: string) => parseImage(`${host}/acme/app:1.0`);
const failureOf = (promise: Promise<unknown>): Promise<FairleadError> =>
  promise.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => asFairleadError(error),
  );

const empty = "{}";
const emptyConfig = { mediaType: ociConfig, digest: digestOf(empty), size: empty.length };
const manifestOf = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: emptyConfig, layers: [], ...more });

describe("H8: tokens go to nobody but a server that is allowed", () => {
  const hostile = ["http://vm:41098/", "https://me:word@server.example.com/", "ftp://server.example.com/", "http://10.0.0.1:8080/"];

  /** The texts among a kind's settings, with their paths. */
  function leaves(schema: unknown, path: readonly string[] = []): readonly { path: readonly string[]; leaf: z.ZodType }[] {
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
      return leaves(schema.unwrap(), path);
    if (schema instanceof z.ZodObject)
      return Object.entries(schema.shape as Record<string, unknown>).flatMap(([key, inner]) => leaves(inner, [...path, key]));
    if (schema instanceof z.ZodRecord) return leaves(schema.valueType, [...path, "*"]);
    if (schema instanceof z.ZodArray) return leaves(schema.element, [...path, "*"]);
    if (schema === undefined) return [];
    return [{ path, leaf: schema as z.ZodType }];
  }

  const settings = adapterKinds.flatMap((kind) => leaves(kind.settings).map((each) => ({ kind, ...each })));
  const urls = settings.filter(({ leaf }) => leaf.safeParse("https://server.example.com/").success);

  /** Returns a URL that is allowed for each setting of a kind that is one. */
  const goodUrls = (name: string): Readonly<Record<string, string>> =>
    Object.fromEntries<string>(urls.filter(({ kind }) => kind.name === name).map(({ path }) => [path[0]!, "https://a.example.com"]));

  test("H8: each setting of each kind of adapter that takes a URL is of the checked type", () => {
    expect(urls.map(({ kind, path }) => [kind.name, ...path].join("."))).toEqual(["github.url", "github.api", "slack.api"]);
    for (const { kind, path, leaf } of urls) {
      expect(leaf, `${kind.name}.${path.join(".")}`).toBeInstanceOf(z.ZodURL);
      const rest = goodUrls(kind.name);
      for (const text of hostile) {
        const given = { ...rest, [path[0]!]: text };
        expect(() => allowSettings(kind, given, publicServers), `${kind.name}.${path.join(".")}=${text}`).toThrow();
        expect(() => checkServers({ settings: { [kind.name]: given }, plainHttp: [] })).toThrow();
      }
    }
  });

  test("H8: only one function of the code makes a checked URL, and none of the adapters parses one by itself", async () => {
    const { globSync, readFileSync } = await import("node:fs");
    const files = globSync(["src/**/*.ts", "webhook/**/*.ts"]);
    const having = (pattern: RegExp, path: RegExp): string[] =>
      files.filter((file) => path.test(file) && pattern.test(readFileSync(file, "utf8")));
    expect(having(/\bas (ServerUrl|Allowed)\b/, /./)).toEqual(["src/core/server-url.ts"]);
    expect(having(/\bz\s*\.(url|httpUrl)\(/, /^src\/(registries|notifiers|git-providers|core)\//)).toEqual(["src/core/server-url.ts"]);
  });

  test("H8: the configuration, the environment and the module refuse each such URL", () => {
    for (const { kind, path } of urls) {
      const rest = goodUrls(kind.name);
      const variable = kind.environment?.settings?.[path[0]!];
      const argument = Object.keys(serverFields.shape).find((name) =>
        name.toLowerCase().startsWith(`${kind.name}${path[0] === "url" ? "" : path[0]}url`),
      );
      for (const text of hostile) {
        const yaml = JSON.stringify({ version: 1, servers: { [kind.name]: { ...rest, [path[0]!]: text } } });
        const rules = { path: "fairlead.yaml", schema: z.strictObject(commonFields) };
        expect(() => readConfigText(yaml, rules), yaml).toThrow(/^fairlead\.yaml:1:\d+ servers\./);
        if (variable !== undefined) {
          for (const [name, other] of Object.entries(kind.environment?.settings ?? {})) vi.stubEnv(other, rest[name]);
          vi.stubEnv(variable, text);
          expect(() => openServers({}, createRedactor()), `${variable}=${text}`).toThrow();
          vi.unstubAllEnvs();
        }
        const names = { githubUrl: "https://a.example.com", [argument!]: text, plainHttp: [] } as ServerNames;
        expect(() => readServers(names), `${argument}=${text}`).toThrow();
      }
    }
  });

  test("H8: a refused URL is named with its place, and what it holds is not shown", () => {
    const yaml = `version: 1
servers:
  slack: { api: "http://slack.example.com/api/" }
  github: { url: "https://me:s3cret@github.example.com" }
`;
    const rules = { path: "fairlead.yaml", schema: z.strictObject(commonFields) };
    const failure = (() => {
      try {
        readConfigText(yaml, rules);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(failure).not.toContain("s3cret");
    expect(failure.split("; ")).toContain(
      "fairlead.yaml:4:18 servers.github.url: it holds a credential: name the credential where it is, by env:, file: or cmd:",
    );
    vi.stubEnv("SLACK_API_URL", "http://vm:41098/api/");
    expect(() => openServers({}, createRedactor())).toThrow(
      "read servers.slack.api or SLACK_API_URL: plain HTTP to vm:41098 is not allowed",
    );
    expect(openServers({ plainHttp: ["vm:41098"] }, createRedactor()).settings).toEqual(environmentServers().settings);
  });

  test("11: a Slack token does not go over plain HTTP to a host that nobody allowed", async () => {
    await using stack = new AsyncDisposableStack();
    const slack = await start(stack, () => [200, {}, '{"ok":false}']);
    const port = slack.host.split(":")[1]!;
    const env = { ST: "xoxb-in-the-clear", SLACK_API_URL: `http://somewhere.localhost:${port}/api/` };
    const args = ["notify", "hello", "--to", "slack:C024BE91L", "--credential", "slack=env:ST"];
    expect(await fairlead(args, env)).toEqual({
      code: 2,
      stdout: "",
      stderr:
        `fairlead: read servers.slack.api or SLACK_API_URL: plain HTTP to somewhere.localhost:${port} is not allowed\n` +
        `hint: use https, or allow it with --plain-http somewhere.localhost:${port} or servers.plainHttp\n`,
    });
    expect(slack.seen).toEqual([]);
  });

  test("H8: AWS credentials do not go to an endpoint of plain HTTP, whether a variable or a profile names it", async () => {
    await using aws = await startAws();
    const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };
    const [, port] = aws.host.split(":");
    for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_STS"]) {
      const here = adapter(aws, { ...keys, [name]: `http://somewhere.localhost:${port}` });
      expect(await ecrFailure(here.login(appOf(aws)))).toBe(
        `input: read ${name}: plain HTTP to somewhere.localhost:${port} is not allowed ` +
          `[use https, or allow it with --plain-http somewhere.localhost:${port} or servers.plainHttp]`,
      );
      vi.unstubAllEnvs();
    }
    const folder = await mkdtemp(join(tmpdir(), "fairlead-aws-"));
    try {
      await writeFile(join(folder, "config"), `[default]\nendpoint_url = http://somewhere.localhost:${port}\nregion = eu-west-1\n`);
      const here = adapter(aws, { ...keys, AWS_CONFIG_FILE: join(folder, "config") });
      expect(await ecrFailure(here.login(appOf(aws)))).toContain(`plain HTTP to somewhere.localhost:${port} is not allowed`);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(aws.calls).toEqual([]);
  });

  test("H8: a proxy's password is not sent unencrypted, and one that may be is never shown", () => {
    const redactor = createRedactor();
    for (const name of ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"]) {
      vi.stubEnv(name, "http://bot:pr%24xy-word@proxy.example.com:3128");
      expect(() => openServers({}, createRedactor())).toThrow(
        `read ${name}: it would send its password to proxy.example.com:3128 unencrypted`,
      );
      openServers({ plainHttp: ["proxy.example.com:3128"] }, redactor);
      vi.stubEnv(name, "https://bot:pr%24xy-word@proxy.example.com:3128");
      openServers({}, redactor);
      vi.stubEnv(name, "bot:pr%24xy-word@proxy.example.com:3128"); // without a scheme, it is http
      expect(() => openServers({}, createRedactor())).toThrow(
        /^read \w+: it would send its password to proxy\.example\.com:3128 unencrypted$/,
      );
      vi.stubEnv(name, "http://proxy.example.com:3128");
      openServers({}, redactor);
      vi.stubEnv(name, "http://bot@proxy.example.com:3128"); // a user name alone opens nothing
      openServers({}, redactor);
      vi.unstubAllEnvs();
    }
    expect(redactor.redact("pr$xy-word pr%24xy-word")).toBe("*** ***");
  });
});

describe("a registry's redirects and names", () => {
  const metadata = [
    ["169.254.169.254", "the address of most clouds"],
    ["0xa9fea9fe", "one number in hex"],
    ["2852039166", "one number"],
    ["169.254.43518", "three numbers"],
    ["0251.0376.0251.0376", "octal"],
    ["[::ffff:169.254.169.254]", "IPv4 mapped into IPv6"],
    ["[::ffff:a9fe:a9fe]", "the same in hex"],
    ["[::169.254.169.254]", "IPv4 compatible with IPv6"],
    ["[64:ff9b::169.254.169.254]", "by NAT64"],
    ["[2002:a9fe:a9fe::1]", "by 6to4"],
    ["[fd00:ec2::254]", "AWS by IPv6"],
    ["[fd20:ce::254]", "Google by IPv6"],
    ["[fe80::1]", "link-local"],
    ["100.100.100.200", "Alibaba"],
    ["168.63.129.16", "Azure"],
    ["192.0.0.192", "Oracle"],
    ["0.1.2.3", "this network"],
  ] as const;

  test.each(metadata)("24: a redirect to https://%s (%s) is refused before anything is connected to", async (host) => {
    await using stack = new AsyncDisposableStack();
    const registry = await start(stack, () => [302, { location: `https://${host}/latest/meta-data/iam/` }]);
    const { code, message } = await failureOf(images().resolve(imageAt(registry.host)));
    expect({ code, message }).toEqual({
      code: "unsupported",
      message: `read ${registry.host}/acme/app:1.0: ${new URL(`https://${host}`).host} is at ${new URL(`https://${host}`).hostname.replace(/[[\]]/g, "")}, where no server of yours is: such addresses are for one network link, or for a cloud's metadata`,
    });
  });

  test.each(["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "[fd12::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a01:203]"])(
    "24: a redirect to the private address %s is refused unless the host is listed",
    async (host) => {
      await using stack = new AsyncDisposableStack();
      const registry = await start(stack, () => [302, { location: `https://${host}/blob` }]);
      const name = new URL(`https://${host}`).host;
      const refused = await failureOf(images().resolve(imageAt(registry.host)));
      expect({ ...refused, message: refused.message }).toMatchObject({
        code: "unsupported",
        message: `read ${registry.host}/acme/app:1.0: ${registry.host} sends us to ${name}, which is at the private address ${name.replace(/[[\]]/g, "")}`,
        hint: `if that is meant, name ${name} with --plain-http or servers.plainHttp`,
      });
      const lookup = () => guardedLookup({ doing: "read", url: new URL(`https://${host}/`), sender }, { plainHttp: [name] });
      const sender = { host: registry.host, address: "127.0.0.1" };
      expect(lookup).not.toThrow();
    },
  );

  test("24: a public registry sends us neither to this machine nor to a private network, and a private one to its own network alone", () => {
    const may = (from: string, to: string): boolean => {
      try {
        guardedLookup({ doing: "read", url: new URL(`https://${to}/`), sender: { host: "r.example", address: from } }, publicServers);
        return true;
      } catch {
        return false;
      }
    };
    const table = Object.fromEntries(
      ["203.0.113.5", "10.0.0.5", "127.0.0.1", "::ffff:10.0.0.5"].map((from) => [
        from,
        ["203.0.113.9", "10.9.9.9", "127.0.0.1", "0.0.0.0", "[::]", "169.254.169.254"].map((to) => may(from, to)),
      ]),
    );
    expect(table).toEqual({
      "203.0.113.5": [true, false, false, false, false, false],
      "10.0.0.5": [true, true, false, false, false, false],
      "127.0.0.1": [true, false, true, true, true, false],
      "::ffff:10.0.0.5": [true, true, false, false, false, false],
    });
  });

  test("24: a name is looked up once, all its addresses are checked, and the connection is to one that was", async () => {
    const asked: string[] = [];
    const answers = [["203.0.113.5"], ["169.254.169.254"], ["203.0.113.5", "fd00:ec2::254"]];
    const resolve: Resolve = (name, _, callback) => {
      const addresses = answers[asked.length]!;
      asked.push(name);
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    };
    const sender = { host: "r.example", address: "203.0.113.1" };
    const lookup = () => guardedLookup({ doing: "read", url: new URL("https://storage.example/"), sender }, publicServers, resolve);
    const ask = (all: boolean) =>
      new Promise((done) => lookup()("storage.example", { all }, (error, address) => done(error?.message ?? address)));
    expect(await ask(true)).toEqual([{ address: "203.0.113.5", family: 4 }]);
    expect(await ask(false)).toMatch("storage.example is at 169.254.169.254, where no server of yours is");
    expect(await ask(true)).toMatch("storage.example is at fd00:ec2::254, where no server of yours is");
    expect(asked).toHaveLength(3);
  });

  test("24: a name that resolves to this machine is refused to a registry elsewhere", async () => {
    const sender = { host: "r.example", address: "203.0.113.1" };
    const lookup = guardedLookup({ doing: "read", url: new URL("https://localhost/"), sender }, publicServers);
    const said = await new Promise<string>((done) => lookup("localhost", { all: true }, (error) => done(error?.message ?? "")));
    expect(said).toMatch(/^read: r\.example sends us to localhost, which is at the loopback address /);
  });

  test("24: a name that the input gives is not led to metadata either", async () => {
    const resolve: Resolve = (_, __, callback) => callback(null, [{ address: "169.254.169.254", family: 4 }]);
    const lookup = guardedLookup({ doing: "read", url: new URL("https://r.example/"), sender: undefined }, publicServers, resolve);
    const said = await new Promise<string>((done) => lookup("r.example", {}, (error) => done(error?.message ?? "")));
    expect(said).toMatch("r.example is at 169.254.169.254, where no server of yours is");
  });

  test("24: each address of IANA's special registries is known for what it is", () => {
    const kinds = {
      public: ["1.1.1.1", "203.0.113.1", "2606:4700::1", "::ffff:8.8.8.8"],
      private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.127.0.1", "198.19.0.1", "fc00::1", "fdff::1", "fec0::1"],
      loopback: [
        "127.0.0.1",
        "127.255.0.1",
        "0.0.0.0",
        "::",
        "::ffff:0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
      ],
      forbidden: ["0.1.2.3", "169.254.0.1", "224.0.0.1", "255.255.255.255", "fe80::1%eth0", "ff02::1", "fd00:ec2::253"],
    };
    for (const [kind, addresses] of Object.entries(kinds)) {
      expect(Object.fromEntries(addresses.map((each) => [each, addressKind(each)]))).toEqual(
        Object.fromEntries(addresses.map((each) => [each, kind])),
      );
    }
    expect(addressKind("172.32.0.1")).toBe("public");
  });

  test("a token server, an upload and a next page at a metadata address are refused, and no login goes there", async () => {
    await using stack = new AsyncDisposableStack();
    const there = "https://169.254.169.254/latest";
    const token = await start(stack, () => [401, { "www-authenticate": `Bearer realm="${there}"` }]);
    expect(await failureOf(images(bot).resolve(imageAt(token.host)))).toMatchObject({ code: "unsupported" });
    const upload = await start(stack, ({ method }) => (method === "POST" ? [202, { location: `${there}?digest=` }] : [404]));
    expect(
      await failureOf(
        images(bot)
          .checkPush(imageAt(upload.host))
          .then(() => Promise.reject(new Error("given up"))),
      ),
    ).toMatchObject({
      message: "given up",
    });
    const page = await start(stack, ({ url = "" }) => [
      200,
      { "content-type": ociIndex, link: `<${there}>; rel="next"` },
      url.includes("referrers") ? '{"schemaVersion":2,"manifests":[]}' : manifestOf(),
    ]);
    const asked = images(bot).referrers({ ...imageAt(page.host), digest: digestOf("x") });
    expect((await failureOf(asked)).message).toMatch("169.254.169.254 is at 169.254.169.254, where no server of yours is");
    expect([...token.seen, ...upload.seen, ...page.seen].filter((line) => line.includes("Basic"))).toEqual([]);
  });

  test.each([
    ["http://169.254.169.254/latest", "redirects to http://169.254.169.254"],
    ["file:///etc/passwd", "redirects to file://"],
    ["https://name:word@storage.example.com/", "redirects to https://storage.example.com"],
    ["/again", "redirects more than 5 times"],
  ])("45: a redirect to %s is not followed", async (location, why) => {
    await using stack = new AsyncDisposableStack();
    const registry = await start(stack, () => [302, { location }]);
    expect(await failureOf(images().resolve(imageAt(registry.host)))).toMatchObject({
      code: "unsupported",
      message: `read ${registry.host}/acme/app:1.0: ${registry.host} ${why}`,
    });
  });

  test.each(["http://tokens.example.com/", "file:///etc/passwd", "https://name:word@tokens.example.com/"])(
    "45: a login is not sent to the realm %s",
    async (realm) => {
      await using stack = new AsyncDisposableStack();
      const registry = await start(stack, () => [401, { "www-authenticate": `Bearer realm="${realm}"` }]);
      const failure = await failureOf(images(bot).resolve(imageAt(registry.host)));
      expect(failure.code).toBe("unsupported");
      expect(failure.message).toMatch(/sends logins to .*, which is not https$/);
    },
  );

  test.each([
    [
      "a manifest that says it has 20 GB",
      [200, { "content-type": ociManifest, "content-length": String(5 * 1024 ** 2) }, "x".repeat(5 * 1024 ** 2)],
    ],
    ["2,000,000 levels of JSON", [200, { "content-type": ociManifest }, `${"[".repeat(2_000_000)}`]],
    ["a compressed bomb", [200, { "content-type": ociManifest, "content-encoding": "gzip" }, gzipSync(Buffer.alloc(50 * 1024 ** 2))]],
    ["a manifest of another digest", [200, { "content-type": ociManifest, "docker-content-digest": digestOf("other") }, manifestOf()]],
  ] as readonly (readonly [string, Answer])[])("45: %s is refused", async (_, answer) => {
    await using stack = new AsyncDisposableStack();
    const registry = await start(stack, () => answer);
    expect(["unsupported", "conflict"]).toContain((await failureOf(images().describe(imageAt(registry.host)))).code);
  });

  test("45: a challenge of 12 kB, and an error with secrets, line ends and colours, are read and shown harmlessly", async () => {
    await using stack = new AsyncDisposableStack();
    const challenge = `Basic realm="${'a,b=\\"c\\" '.repeat(1_000)}"`;
    const message = `no\r\n::add-mask::x\u001b]0;owned\u0007 ${password} ${basic.slice(6)}`;
    const registry = await start(stack, ({ headers }) =>
      headers.authorization === undefined
        ? [401, { "www-authenticate": challenge }]
        : [403, {}, JSON.stringify({ errors: [{ code: "DENIED", message }] })],
    );
    const failure = await failureOf(images(bot).checkPush(imageAt(registry.host)));
    expect(failure.message).toBe(
      `push to ${registry.host}/acme/app: ${registry.host} does not allow it (DENIED: no ::add-mask::x ]0;owned *** ***)`,
    );
  });

  test("46: a login does not follow a redirect to another port", async () => {
    await using stack = new AsyncDisposableStack();
    const elsewhere = await start(stack, () => [401, { "www-authenticate": 'Basic realm="give it to me"' }]);
    const registry = await start(stack, ({ headers }) =>
      headers.authorization === undefined
        ? [401, { "www-authenticate": 'Basic realm="r"' }]
        : [302, { location: `http://${elsewhere.host}/` }],
    );
    expect(await failureOf(images(bot).resolve(imageAt(registry.host)))).toMatchObject({ code: "unauthenticated" });
    expect(elsewhere.seen).toEqual(["HEAD /"]);
  });

  test("47: a realm on another host gets the login, as the registry's protocol has it, and the registry gets the token alone", async () => {
    await using stack = new AsyncDisposableStack();
    const tokens = await start(stack, () => [200, {}, '{"token":"short-lived"}']);
    const registry = await start(stack, ({ headers }) =>
      headers.authorization === undefined
        ? [401, { "www-authenticate": `Bearer realm="http://${tokens.host}/token"` }]
        : [200, { "docker-content-digest": digestOf(manifestOf()) }],
    );
    await images(bot).resolve(imageAt(registry.host));
    expect(tokens.seen).toEqual([`GET /token?scope=repository%3Aacme%2Fapp%3Apull ${basic}`]);
    expect(registry.seen.join()).not.toContain("Basic");
  });

  test("48: a foreign layer's URLs are never asked; a layer of other or more bytes is refused", async () => {
    await using stack = new AsyncDisposableStack();
    const target = stack.use(await startRegistry());
    const elsewhere = await start(stack, () => [200, {}, "layer"]);
    const foreign = {
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      digest: digestOf("layer"),
      size: 5,
      urls: [`http://${elsewhere.host}/layer`],
    };
    const lying = { mediaType: ociLayer, digest: digestOf("good layer"), size: 10 };
    const from = await start(stack, ({ url = "" }) => {
      if (url.includes("/manifests/foreign")) return [200, { "content-type": ociManifest }, manifestOf({ layers: [foreign] })];
      if (url.includes("/manifests/")) return [200, { "content-type": ociManifest }, manifestOf({ layers: [lying] })];
      if (url.endsWith(emptyConfig.digest)) return [200, {}, empty];
      return [200, {}, url.includes("long") ? "x".repeat(2 * 1024 ** 2) : "evil layer"];
    });
    const copy = async (tag: string): Promise<unknown> => {
      const source = parseImage(`${from.host}/acme/${tag}:${tag}`);
      return await images().copy(source, await images().manifest(source), parseImage(`${target.host}/acme/${tag}`), { referrers: false });
    };
    await copy("foreign");
    expect(elsewhere.seen).toEqual([]);
    expect(await failureOf(copy("other"))).toMatchObject({ code: "conflict" });
    expect((await failureOf(copy("long"))).message).toMatch("is longer than the 10 bytes that its manifest declares");
  });
});

describe("W7: a registry names ever more", () => {
  /** A registry that has referrers of everything, made when they are asked for: so many of each, and so many times. */
  async function endless(stack: AsyncDisposableStack, width: number, deepest = Infinity): Promise<{ host: string; seen: string[] }> {
    const made = new Map<string, string>();
    const depths = new Map<string, number>();
    const put = (body: string): { mediaType: string; digest: string; size: number } => {
      made.set(digestOf(body), body);
      return { mediaType: ociManifest, digest: digestOf(body), size: body.length };
    };
    const root = put(manifestOf());
    return await start(stack, ({ url = "" }) => {
      const subject = /referrers\/(sha256:[0-9a-f]{64})/.exec(url)?.[1];
      if (subject !== undefined) {
        const size = made.get(subject)?.length ?? 0;
        const depth = (depths.get(subject) ?? 0) + 1;
        const manifests = Array.from({ length: depth > deepest ? 0 : width }, (_, at) =>
          put(manifestOf({ subject: { mediaType: ociManifest, digest: subject, size }, annotations: { at: `${at}` } })),
        );
        for (const { digest } of manifests) depths.set(digest, depth);
        return [200, { "content-type": ociIndex }, JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests })];
      }
      if (url.includes("/blobs/")) return [200, {}, empty];
      if (/sha256-[0-9a-f]+/.test(url)) return [404];
      const body = made.get(url.split("/manifests/")[1] ?? "") ?? made.get(root.digest)!;
      return [200, { "content-type": ociManifest, "docker-content-digest": digestOf(body) }, body];
    });
  }

  async function copyAll(stack: AsyncDisposableStack, from: { host: string }): Promise<FairleadError> {
    const target = stack.use(await startRegistry());
    const source = imageAt(from.host);
    const to = parseImage(`${target.host}/acme/app`);
    return await failureOf(images().copy(source, await images().manifest(source), to, { referrers: true }));
  }

  test("19: an endless chain of referrers ends after eight", async () => {
    await using stack = new AsyncDisposableStack();
    const registry = await endless(stack, 1);
    const { code, message, hint } = await copyAll(stack, registry);
    expect({ code, message, hint }).toEqual({
      code: "unsupported",
      message: expect.stringMatching(/^copy .* to .*: referrers of referrers are nested more than 8 times$/) as string,
      hint: "copy without referrers, or delete those at the source that nobody needs",
    });
    expect(registry.seen.length).toBeLessThan(100);
  });

  test("19: a registry that answers 40 referrers of everything is left after 1,000 manifests", async () => {
    await using stack = new AsyncDisposableStack();
    const registry = await endless(stack, 40, 2);
    expect((await copyAll(stack, registry)).message).toMatch(/there are more than 1000 manifests to copy$/);
  });

  test("19: a list of more than 1,000 referrers is refused, in one page and in many", async () => {
    await using stack = new AsyncDisposableStack();
    const entry = { mediaType: ociManifest, digest: digestOf("x"), size: 1 };
    const page = (count: number, link: Record<string, string> = {}): Answer => [
      200,
      { "content-type": ociIndex, ...link },
      JSON.stringify({ schemaVersion: 2, manifests: Array(count).fill(entry) }),
    ];
    const one = await start(stack, () => page(1_001));
    const many = await start(stack, ({ url = "" }) => page(20, { link: `<${url}?more>; rel="next"` }));
    for (const registry of [one, many]) {
      const asked = images().referrers({ ...imageAt(registry.host), digest: digestOf("y") });
      expect((await failureOf(asked)).message).toMatch(/lists more than 1000 referrers of sha256:/);
    }
    expect(many.seen).toHaveLength(51);
  });

  test("referrers of more than a GiB are refused before one of them is fetched", async () => {
    await using stack = new AsyncDisposableStack();
    const root = manifestOf();
    const layer = { mediaType: ociLayer, digest: digestOf("big"), size: 2 * 1024 ** 3 };
    const big = manifestOf({ layers: [layer], subject: { mediaType: ociManifest, digest: digestOf(root), size: root.length } });
    const registry = await start(stack, ({ url = "" }) => {
      if (url.includes("/referrers/")) {
        const manifests = [{ mediaType: ociManifest, digest: digestOf(big), size: big.length }];
        return [200, { "content-type": ociIndex }, JSON.stringify({ schemaVersion: 2, manifests })];
      }
      if (url.includes("/blobs/")) return [200, {}, empty];
      return [200, { "content-type": ociManifest }, url.endsWith(digestOf(big)) ? big : root];
    });
    expect((await copyAll(stack, registry)).message).toMatch(/its referrers are more than 1 GiB$/);
    expect(registry.seen.filter((line) => line.includes(layer.digest))).toEqual([]);
  });

  test("an image of more than 1,000 manifests is refused", async () => {
    await using stack = new AsyncDisposableStack();
    const source = stack.use(await startRegistry());
    const target = stack.use(await startRegistry());
    const place = { host: source.host, repository: "acme/app" };
    const config = await pushBlob(place, empty, ociConfig);
    const manifests = await Promise.all(
      Array.from({ length: 1_001 }, (_, at) =>
        pushManifest(place, { schemaVersion: 2, mediaType: ociManifest, config, layers: [], annotations: { at: `${at}` } }),
      ),
    );
    await pushManifest(place, { schemaVersion: 2, mediaType: ociIndex, manifests }, "1.0");
    const image = imageAt(source.host);
    const to = parseImage(`${target.host}/acme/app`);
    const failure = await failureOf(images().copy(image, await images().manifest(image), to, { referrers: false }));
    expect(failure.message).toMatch(/there are more than 1000 manifests to copy$/);
  });
});

test("H8: the address of a registry is https unless plain HTTP is allowed there", () => {
  const hosts = ["ghcr.io", "127.0.0.1:5000", "localhost:5000", "localhost.example.com", "registry.internal:5000"];
  expect(hosts.map((host) => hostUrl("use", host, { plainHttp: ["registry.internal:5000"] }))).toEqual([
    "https://ghcr.io",
    "http://127.0.0.1:5000",
    "http://localhost:5000",
    "https://localhost.example.com",
    "http://registry.internal:5000",
  ]);
});
