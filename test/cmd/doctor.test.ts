import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startChild } from "../doubles/child.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { createFolder, listen } from "../doubles/server.ts";
import { pushImage } from "../registries/content.ts";
import { toolPath, toolsAreThere } from "../tools.ts";

const password = "canary-password";
const image = { platform: { os: "linux", architecture: "amd64" }, tag: "1.0" };
const login = ["--registry-username", "robot", "--registry-password", "env:PASSWORD"];

let open: Registry;
let closed: Registry;
let home: string;
beforeAll(async () => {
  open = await startRegistry();
  closed = await startRegistry({ users: { robot: password } });
  await pushImage({ host: open.host, repository: "acme/app" }, image);
  home = await mkdtemp(join(tmpdir(), "fairlead-doctor-"));
});
afterAll(async () => {
  await open.stop();
  await closed.stop();
  await rm(home, { recursive: true });
});

/** Returns the exit code and the output, with REGISTRY for the host. */
async function doctor(target: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const nobodys = { HOME: home, DOCKER_CONFIG: join(home, ".docker"), XDG_CONFIG_HOME: home };
  const { code, stdout, stderr } = await fairlead(["doctor", "registry", target, ...args], { ...nobodys, PASSWORD: password, ...env });
  expect(stdout + stderr).not.toContain("canary");
  const printed = [`exit code ${code}`, stdout.trimEnd(), stderr.trimEnd()].filter((part) => part !== "").join("\n");
  return printed.replaceAll(target.slice(0, target.indexOf("/")), "REGISTRY").replaceAll(home, "HOME");
}

/** Leaves out the state of a hash of nothing, which docker-registry keeps of every canceled upload. */
async function filesOf({ folder }: Registry): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.flatMap((each) => (each.isFile() ? [join(each.parentPath, each.name)] : []));
  return files.filter((file) => !file.endsWith("/hashstates/sha256/0")).sort();
}

test("doctor registry checks an open registry with an image", async () => {
  const before = await filesOf(open);
  expect(await doctor(`${open.host}/acme/app`)).toMatchInlineSnapshot(`
    "exit code 0
    reachable       yes      by plain HTTP
    authenticated   yes      anonymous: there is no login, or the registry asked for none
    may pull        yes      the repository exists
    may push        yes      an upload was started and canceled
    referrers API   no       signatures and SBOMs are found by a tag, sha256-…, which fairlead keeps
    mounts blobs    yes      a copy within the registry moves no bytes
    immutable tags  unknown  the registry's protocol does not say it
                             → see the repository's page at the registry
    creates on push unknown  the repository exists already
                             → check a repository that does not exist"
  `);
  expect(await filesOf(open)).toEqual(before);
});

test("doctor registry does not create a missing repository", async () => {
  const before = await filesOf(open);
  expect(await doctor(`${open.host}/acme/new`)).toMatchInlineSnapshot(`
    "exit code 0
    reachable       yes      by plain HTTP
    authenticated   yes      anonymous: there is no login, or the registry asked for none
    may pull        yes      the repository does not exist yet
    may push        yes      an upload was started and canceled
    referrers API   no       signatures and SBOMs are found by a tag, sha256-…, which fairlead keeps
    mounts blobs    unknown  there is no image to try it with
                             → push one, and check again
    immutable tags  unknown  the registry's protocol does not say it
                             → see the repository's page at the registry
    creates on push yes      REGISTRY/acme/new would be created"
  `);
  expect(await filesOf(open)).toEqual(before);
  const catalog = await fetch(`${open.url}/v2/_catalog`);
  expect(await catalog.json()).toEqual({ repositories: ["acme/app"] });
});

test("doctor registry accepts a correct login", async () => {
  expect(await doctor(`${closed.host}/acme/app`, login)).toMatchInlineSnapshot(`
    "exit code 0
    reachable       yes      by plain HTTP
    authenticated   yes      as robot, by registry-password
    may pull        yes      the repository does not exist yet
    may push        yes      an upload was started and canceled
    referrers API   no       signatures and SBOMs are found by a tag, sha256-…, which fairlead keeps
    mounts blobs    unknown  there is no image to try it with
                             → push one, and check again
    immutable tags  unknown  the registry's protocol does not say it
                             → see the repository's page at the registry
    creates on push yes      REGISTRY/acme/app would be created"
  `);
});

test("doctor registry uses the login of the Docker config", async () => {
  const auth = Buffer.from(`robot:${password}`).toString("base64");
  const folder = await mkdtemp(join(home, "docker-"));
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [closed.host]: { auth } } }));
  const printed = await doctor(`${closed.host}/acme/app`, [], { DOCKER_CONFIG: folder });
  expect(
    printed
      .replaceAll(/docker-\w+/g, "docker")
      .split("\n")
      .slice(0, 5),
  ).toMatchInlineSnapshot(`
    [
      "exit code 0",
      "reachable       yes      by plain HTTP",
      "authenticated   yes      as robot, by HOME/docker/config.json",
      "may pull        yes      the repository does not exist yet",
      "may push        yes      an upload was started and canceled",
    ]
  `);
});

test("doctor registry reports a wrong login, and a missing one", async () => {
  expect(await doctor(`${closed.host}/acme/app`, login, { PASSWORD: "canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
    reachable       yes      by plain HTTP
    authenticated   no       log in to REGISTRY: REGISTRY refused the login (UNAUTHORIZED: authentication required)
                             → check the login: it may be wrong or expired
    may pull        unknown  not tried without "authenticated"
    may push        unknown  not tried without "authenticated"
    referrers API   unknown  not tried without "may pull"
    mounts blobs    unknown  not tried without "may pull"
    immutable tags  unknown  not tried without "authenticated"
    creates on push unknown  not tried without "may push""
  `);
  expect(await doctor(`${closed.host}/acme/app`)).toMatchInlineSnapshot(`
    "exit code 3
    reachable       yes      by plain HTTP
    authenticated   no       log in to REGISTRY: REGISTRY wants a login (UNAUTHORIZED: authentication required)
                             → run docker login REGISTRY, or give --registry-username NAME and --registry-password env:NAME
    may pull        unknown  not tried without "authenticated"
    may push        unknown  not tried without "authenticated"
    referrers API   unknown  not tried without "may pull"
    mounts blobs    unknown  not tried without "may pull"
    immutable tags  unknown  not tried without "authenticated"
    creates on push unknown  not tried without "may push""
  `);
});

test("doctor registry reports a broken Docker config as a failed login", async () => {
  const folder = await mkdtemp(join(home, "docker-"));
  await writeFile(join(folder, "config.json"), "{canary");
  const printed = await doctor(`${closed.host}/acme/app`, [], { DOCKER_CONFIG: folder });
  expect(
    printed
      .replaceAll(/docker-\w+/g, "docker")
      .split("\n")
      .slice(0, 4),
  ).toMatchInlineSnapshot(`
    [
      "exit code 2",
      "reachable       yes      by plain HTTP",
      "authenticated   no       read Docker config HOME/docker/config.json: it is not JSON",
      "                         → repair it, or move it away and log in again",
    ]
  `);
});

test("doctor registry reports a registry that refuses pushes", async () => {
  await using readOnly = await startRegistry({ readOnly: true, folder: open.folder });
  expect(await doctor(`${readOnly.host}/acme/app`)).toMatchInlineSnapshot(`
    "exit code 6
    reachable       yes      by plain HTTP
    authenticated   yes      anonymous: there is no login, or the registry asked for none
    may pull        yes      the repository exists
    may push        no       push to REGISTRY/acme/app: REGISTRY does not allow the request: it may be read-only
                             → name a registry that accepts pushes
    referrers API   no       signatures and SBOMs are found by a tag, sha256-…, which fairlead keeps
    mounts blobs    unknown  not tried without "may push"
    immutable tags  unknown  the registry's protocol does not say it
                             → see the repository's page at the registry
    creates on push unknown  not tried without "may push""
  `);
});

test("doctor registry reports a host that does not exist", async () => {
  expect(await doctor("registry.invalid/acme/app")).toMatchInlineSnapshot(`
    "exit code 75
    reachable       no       reach REGISTRY: REGISTRY cannot be reached: no such host
                             → check the name of the host, and that this machine can look it up
    authenticated   unknown  not tried without "reachable"
    may pull        unknown  not tried without "authenticated"
    may push        unknown  not tried without "authenticated"
    referrers API   unknown  not tried without "may pull"
    mounts blobs    unknown  not tried without "may pull"
    immutable tags  unknown  not tried without "authenticated"
    creates on push unknown  not tried without "may push""
  `);
});

test.each([
  ["doctor registry", ["doctor", "registry", "ghcr.io"], "IMAGE"],
  ["build", ["build", "github.com/acme/app", "--image", "127.0.0.1:44015", "--dry-run"], "--image"],
  ["doctor aws", ["doctor", "aws", "localhost:5000"], "IMAGE"],
])("%s refuses a host where it wants an image", async (_, args, flag) => {
  const host = args.find((each) => /ghcr|:\d+$/.test(each))!;
  const { code, stdout, stderr } = await fairlead(args, { HOME: home });
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: ${args[0]}: ${flag}: read image reference "${host}": that is a host\nhint: add a repository, such as ${host}/acme/app\n`,
  });
});

test("doctor registry reports a host that is not a registry", async () => {
  await using stack = new AsyncDisposableStack();
  const host = await listen(stack, (_request, response) => Promise.resolve(void response.writeHead(404).end("<html>")));
  expect((await doctor(`${host}/acme/app`)).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
    [
      "exit code 6",
      "reachable       no       reach REGISTRY: REGISTRY answered 404 and is not a registry",
      "                         → check the host: it serves something else",
    ]
  `);
});

test("doctor registry reports an unknown certificate, and a host without TLS", async () => {
  await using stack = new AsyncDisposableStack();
  const port = await listenWithTls(stack);
  expect((await doctor(`0.0.0.0:${port}/acme/app`)).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
    [
      "exit code 6",
      "reachable       no       reach REGISTRY: REGISTRY cannot be reached: its TLS certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)",
      "                         → name the authority's certificate in NODE_EXTRA_CA_CERTS, SSL_CERT_FILE or servers.tls.ca",
    ]
  `);
  const plain = `0.0.0.0:${open.host.split(":")[1]}`;
  expect((await doctor(`${plain}/acme/app`)).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
    [
      "exit code 75",
      "reachable       no       reach REGISTRY: REGISTRY cannot be reached: EPROTO",
      "                         → check the host and the network; for a host without TLS, add --plain-http HOST",
    ]
  `);
  expect((await doctor(`${plain}/acme/app`, ["--plain-http", plain])).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
    [
      "exit code 0",
      "reachable       yes      by plain HTTP",
      "authenticated   yes      anonymous: there is no login, or the registry asked for none",
    ]
  `);
});

test.skipIf(!toolsAreThere)("doctor registry reports the referrers API", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "referrers");
  const ready = await startChild(stack, toolPath("registry"), [], { log: join(folder, "log"), ready: /listening on (\S+)/ });
  const host = ready[1] ?? "";
  await pushImage({ host, repository: "acme/app" }, image);
  expect(await doctor(`${host}/acme/app`)).toMatchInlineSnapshot(`
    "exit code 0
    reachable       yes      by plain HTTP
    authenticated   yes      anonymous: there is no login, or the registry asked for none
    may pull        yes      the repository exists
    may push        yes      an upload was started and canceled
    referrers API   yes      signatures and SBOMs are found by their subject
    mounts blobs    no       a copy to another repository moves its bytes
    immutable tags  unknown  the registry's protocol does not say it
                             → see the repository's page at the registry
    creates on push unknown  the repository exists already
                             → check a repository that does not exist"
  `);
});

test("doctor registry prints the same as one JSON document, whatever the outcome", async () => {
  const message = `log in to ${closed.host}: ${closed.host} wants a login (UNAUTHORIZED: authentication required)`;
  const { code, stdout } = await fairlead(["doctor", "registry", `${closed.host}/acme/app`, "--json"], { DOCKER_CONFIG: home, HOME: home });
  const { checks, error } = JSON.parse(stdout) as { checks: { check: string; verdict: string }[]; error: unknown };
  expect({ code, error, verdicts: checks.map(({ check, verdict }) => `${check}: ${verdict}`) }).toEqual({
    code: 3,
    error: {
      code: "unauthenticated",
      message,
      hint: `run docker login ${closed.host}, or give --registry-username NAME and --registry-password env:NAME`,
      problems: [{ file: null, line: null, column: null, path: null, message }],
    },
    verdicts: [
      "reachable: yes",
      "authenticated: no",
      "may pull: unknown",
      "may push: unknown",
      "referrers API: unknown",
      "mounts blobs: unknown",
      "immutable tags: unknown",
      "creates on push: unknown",
    ],
  });
});

test("doctor without a repository, or with an unknown subject, fails at once", async () => {
  const missing = await fairlead(["doctor", "registry"]);
  expect([missing.code, missing.stderr]).toEqual([2, "fairlead: doctor: IMAGE: it is missing\nhint: run fairlead doctor --help\n"]);
  expect((await fairlead(["doctor", "moon"])).code).toBe(2);
});

/** Serves TLS with its own certificate, and returns the port. */
async function listenWithTls(stack: AsyncDisposableStack): Promise<number> {
  const folder = await createFolder(stack, "tls");
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=registry"];
  await promisify(execFile)("openssl", [...request, "-keyout", key, "-out", cert]);
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => response.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
