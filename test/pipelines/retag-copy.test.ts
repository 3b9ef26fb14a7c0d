import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bin, fairlead, startFairlead } from "../cli.ts";
import { controlC, startInTerminal, withoutCodes } from "../doubles/terminal.ts";
import { startProxy, type Proxy, type ProxyAnswer } from "../doubles/proxy.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { digestOf, type Descriptor, type Place } from "../registries/content.ts";
import { contentOf, find, pushLayered, pushReferrer, pushTwoPlatforms, tagsOf } from "./images.ts";

type Intervene = ((method: string, path: string) => Promise<ProxyAnswer | undefined | void>) | undefined;

describe("fairlead retag --to", () => {
  const stack = new AsyncDisposableStack();
  let registry: Registry;
  let from: Proxy;
  let to: Proxy;
  let source: Place;
  let tested: Descriptor;
  /**
   * Called for each request to the source and to the destination, so that a test changes the world at the right time.
   */
  let atSource: Intervene;
  let atDestination: Intervene;
  const image = (tag: string): string => `${from.host}/acme/app:${tag}`;
  const place = (repository: string): Place => ({ host: to.host, repository });
  const retag = (tag: string, ...args: readonly string[]) => fairlead(["retag", image(tag), ...args, "--json"]);
  /** Runs a copy that must succeed, and returns its output. */
  const copied = async (tag: string, ...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await retag(tag, ...args);
    if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as unknown;
  };
  const failure = async (tag: string, ...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await fairlead(["retag", image(tag), ...args]);
    const told = stderr.slice(stderr.search(/^fairlead: /m)).trimEnd();
    return `exit code ${code}\n${told}`.replaceAll(from.host, "SOURCE").replaceAll(to.host, "DESTINATION");
  };
  const since = (proxy: Proxy, start: number, ...methods: readonly string[]): readonly string[] =>
    proxy.requests
      .slice(start)
      .filter(({ method }) => methods.includes(method))
      .map(({ method, path }) => `${method} ${path}`);

  beforeAll(async () => {
    registry = stack.use(await startRegistry());
    from = stack.use(await startProxy(registry.host, { onRequest: ({ method = "", url = "" }) => atSource?.(method, url) }));
    const destination = stack.use(await startRegistry());
    to = stack.use(await startProxy(destination.host, { onRequest: ({ method = "", url = "" }) => atDestination?.(method, url) }));
    source = { host: from.host, repository: "acme/app" };
    tested = await pushTwoPlatforms(source, "tested");
  });
  beforeEach(() => {
    atSource = undefined;
    atDestination = undefined;
  });
  afterAll(() => stack.disposeAsync());

  test("an index is copied byte by byte, its content first and the tags last", async () => {
    const start = to.requests.length;
    const result = await copied("tested", "1.4.3", "1.4", "--to", `${to.host}/acme/whole`);
    const tag = (name: string) => ({ image: `${to.host}/acme/whole:${name}`, digest: tested.digest, from: null, changed: true });
    expect(result).toEqual({
      image: `${image("tested")}@${tested.digest}`,
      digest: tested.digest,
      tags: [tag("1.4.3"), tag("1.4")],
      referrers: [],
    });
    expect(await contentOf(place("acme/whole"), "1.4.3")).toEqual(await contentOf(source, "tested"));
    expect(await find(place("acme/whole"), "1.4")).toEqual(await find(source, "tested"));
    const puts = since(to, start, "PUT").map((each) => each.replace(/^PUT \/v2\/acme\/whole\/(\w+).*?\/([^/]*)$/, "$1 $2"));
    const order = puts.map((each) => (each.startsWith("manifests") ? (each.includes("1.4") ? "tag" : "manifest") : "blob"));
    expect(order.lastIndexOf("blob")).toBeLessThan(order.lastIndexOf("manifest"));
    expect(order.slice(-2)).toEqual(["tag", "tag"]);
  });

  test("a second copy sends no blob, and an existing tag sends nothing", async () => {
    const args = ["--to", `${to.host}/acme/twice`];
    await copied("tested", "1.0.0", ...args);
    const start = to.requests.length;
    await copied("tested", "1.0.0", "1.0.1", ...args);
    expect(since(to, start, "PUT", "POST", "PATCH")).toEqual(["PUT /v2/acme/twice/manifests/1.0.1"]);
    expect(await copied("tested", "1.0.0", ...args)).toMatchObject({ tags: [{ from: tested.digest, changed: false }] });
  });

  test("a copy within one registry mounts blobs and moves none of their bytes", async () => {
    await pushLayered(source, [randomBytes(200_000)], { tag: "heavy" });
    const start = from.requests.length;
    await copied("heavy", "1.0.0", "--to", `${from.host}/acme/mounted`);
    const passed = from.requests.slice(start);
    expect(passed.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(10_000);
    expect(passed.filter(({ method, path }) => method === "POST" && path.includes("mount=")).map(({ status }) => status)).toEqual([
      201, 201,
    ]);
    expect(await contentOf({ ...source, repository: "acme/mounted" }, "1.0.0")).toEqual(await contentOf(source, "heavy"));
  });

  test("retag --referrers copies the referrers before the tag, and also for an existing tag", async () => {
    const signed = await pushTwoPlatforms(source, "signed");
    await copied("signed", "1.0.0", "--to", `${to.host}/acme/signed`);
    const signature = await pushReferrer(source, signed, "signed by somebody");
    const args = ["1.0.0", "1.0.1", "--to", `${to.host}/acme/signed`, "--referrers"];
    const { stdout } = await fairlead(["retag", image("signed"), ...args, "--dry-run"]);
    expect(stdout).toContain(`+ create ${to.host}/acme/signed@${signature.digest}`);
    expect(await find(place("acme/signed"), signature.digest)).toBeUndefined();
    const start = to.requests.length;
    expect(await copied("signed", ...args)).toMatchObject({
      tags: [{ changed: false }, { changed: true }],
      referrers: [signature.digest],
    });
    const puts = since(to, start, "PUT");
    const at = (text: string): number => puts.findIndex((each) => each.endsWith(text));
    expect(at(signature.digest)).toBeGreaterThanOrEqual(0);
    expect(at(signature.digest)).toBeLessThan(at("manifests/1.0.1"));
    expect(await contentOf(place("acme/signed"), signature.digest)).toEqual(await contentOf(source, signature.digest));
    expect(await find(place("acme/signed"), signed.digest.replace(":", "-"))).toBeDefined();
    expect(await copied("signed", ...args)).toMatchObject({ tags: [{ changed: false }, { changed: false }], referrers: [] });
  });

  test("a dry run of a copy writes nothing anywhere", async () => {
    const start = to.requests.length;
    const { code, stdout } = await fairlead(["retag", image("tested"), "1.0.0", "--to", `${to.host}/acme/dry`, "--dry-run"]);
    expect({ code, stdout: stdout.replaceAll(from.host, "SOURCE").replaceAll(to.host, "DESTINATION") }).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stdout": "retag DESTINATION/acme/dry:1.0.0 from SOURCE/acme/app:tested@sha256:9cb810b36df6
        + create DESTINATION/acme/dry:1.0.0: sha256:9cb810b36df64263a2b8d7fb311a06bc51cc3fff5bd1d566fedddb7ccf097ca9
      plan: 1 to create; nothing was changed
      ",
      }
    `);
    expect(since(to, start, "PUT", "POST", "PATCH")).toEqual([]);
    expect(await tagsOf(place("acme/dry"))).toEqual([]);
  });

  test("a killed copy leaves no tag, and a second run completes it", async () => {
    await pushLayered(source, [randomBytes(100_000), randomBytes(100_000)], { tag: "killed" });
    const args = ["retag", image("killed"), "1.0.0", "--to", `${to.host}/acme/killed`, "--json"];
    const running = startFairlead(args);
    let uploads = 0;
    atDestination = async (method, path) => {
      if (method !== "PUT" || !path.includes("/blobs/")) return;
      if (++uploads < 2) return;
      running.stop("SIGKILL");
      await running.ended;
      return { status: "reset" };
    };
    expect((await running.ended).code).toBeNull();
    atDestination = undefined;
    expect(await tagsOf(place("acme/killed"))).toEqual([]);
    const { code } = await fairlead(args);
    expect(code).toBe(0);
    expect(await contentOf(place("acme/killed"), "1.0.0")).toEqual(await contentOf(source, "killed"));
  });

  test("the first Ctrl-C stops a copy, its upload is given up, and a second run completes it", async () => {
    await pushLayered(source, [randomBytes(3_000_000), randomBytes(100_000)], { tag: "stopped" });
    const args = ["retag", image("stopped"), "1.0.0", "--to", `${to.host}/acme/stopped`];
    const start = to.requests.length;
    const arrived = Promise.withResolvers<void>();
    const never = new Promise<undefined>(() => undefined);
    atDestination = async (method, path) => {
      if (method !== "PUT" || !path.includes("/blobs/")) return;
      arrived.resolve();
      return await never; // the registry takes nothing of it
    };
    await using terminal = startInTerminal([process.execPath, bin, ...args], { env: { HOME: process.env.HOME ?? "/" } });
    await arrived.promise;
    terminal.press(controlC);
    const { code, written } = await terminal.ended;
    expect(code).toBe(130);
    expect(withoutCodes(written)).toContain("stopping (press Ctrl-C again to quit at once)\n");
    expect(withoutCodes(written)).toMatch(
      /✗ retag .* stopped \(\d\.\d s\)\nfairlead: stopped by SIGINT\nhint: run it again: finished steps are not repeated\n$/,
    );
    expect(since(to, start, "DELETE")).not.toEqual([]);
    atDestination = undefined;
    expect(await tagsOf(place("acme/stopped"))).toEqual([]);
    expect((await fairlead(args)).code).toBe(0);
    expect(await contentOf(place("acme/stopped"), "1.0.0")).toEqual(await contentOf(source, "stopped"));
  });

  test("a version tag that appears during the copy is checked again and refused", async () => {
    const other = await pushLayered(place("acme/meanwhile"), ["other"]);
    const { bytes, mediaType } = (await find(place("acme/meanwhile"), other.digest))!;
    let given = false;
    atDestination = async (method, path) => {
      if (given || method !== "POST" || !path.includes("/blobs/uploads/")) return;
      given = true;
      await fetch(`${to.url}/v2/acme/meanwhile/manifests/1.0.0`, { method: "PUT", headers: { "content-type": mediaType }, body: bytes });
    };
    const told = await failure("tested", "1.0.0", "--to", `${to.host}/acme/meanwhile`);
    expect(told.replace(tested.digest, "TESTED").replace(other.digest, "OTHER")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: retag SOURCE/acme/app:tested@TESTED: DESTINATION/acme/meanwhile:1.0.0 has OTHER
      hint: move it with --on-conflict move, or leave it with --on-conflict skip"
    `);
    expect((await find(place("acme/meanwhile"), "1.0.0"))?.digest).toBe(other.digest);
  });

  test("an incomplete image, or one with wrong digests, gets no tag", async () => {
    const layer = "x".repeat(1000);
    await pushLayered(source, [layer], { tag: "wrong" });
    atSource = (_, path) => Promise.resolve(path.endsWith(digestOf(layer)) ? { status: 200, body: "y".repeat(1000) } : undefined);
    const wrong = await failure("wrong", "1.0.0", "--to", `${to.host}/acme/broken`);
    expect(wrong.replaceAll(/sha256:[0-9a-f]{64}/g, "DIGEST")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: copy SOURCE/acme/app@DIGEST to DESTINATION/acme/broken: the registry sent DIGEST for DIGEST"
    `);
    atSource = (_, path) => Promise.resolve(path.endsWith(digestOf(layer)) ? { status: 404 } : undefined);
    const gone = await failure("wrong", "1.0.0", "--to", `${to.host}/acme/broken`);
    expect(gone.replaceAll(/sha256:[0-9a-f]{64}/g, "DIGEST")).toMatchInlineSnapshot(`
      "exit code 4
      fairlead: copy SOURCE/acme/app@DIGEST to DESTINATION/acme/broken: SOURCE does not have its blob DIGEST"
    `);
    atSource = (method, path) => Promise.resolve(path.includes("manifests/sha256:") && method === "GET" ? { status: 404 } : undefined);
    const hollow = await failure("tested", "1.0.0", "--to", `${to.host}/acme/broken`);
    expect(hollow.replaceAll(/sha256:[0-9a-f]{64}/g, "DIGEST")).toMatchInlineSnapshot(`
      "exit code 4
      fairlead: copy SOURCE/acme/app@DIGEST to DESTINATION/acme/broken: its index names DIGEST, which SOURCE does not have
      hint: push the whole image again"
    `);
    expect(await tagsOf(place("acme/broken"))).toEqual([]);
  });

  test("each registry gets its own login and never the other's", async () => {
    await using closed = await startRegistry({ users: { robot: "canary-destination" } });
    const seen: { host: string; authorization: string | undefined }[] = [];
    const before = await startProxy(closed.host, {
      onRequest: ({ headers }) => void seen.push({ host: "destination", authorization: headers.authorization }),
    });
    await using private_ = await startRegistry({ users: { reader: "canary-source" }, folder: registry.folder });
    const front = await startProxy(private_.host, {
      onRequest: ({ headers }) => void seen.push({ host: "source", authorization: headers.authorization }),
    });
    stack.use(before);
    stack.use(front);
    const args = [
      ...["retag", `${front.host}/acme/app:tested`, "1.0.0", "--to", `${before.host}/acme/app`],
      ...["--registry-username", "reader", "--registry-password", "env:FROM", "--to-username", "robot", "--to-password", "env:TO"],
    ];
    const { code, stdout, stderr } = await fairlead(args, { FROM: "canary-source", TO: "canary-destination" });
    expect({ code, canaries: (stdout + stderr).includes("canary") }).toEqual({ code: 0, canaries: false });
    const logins = new Set(
      seen.map(({ host, authorization = "" }) => `${host}: ${Buffer.from(authorization.slice(6), "base64").toString()}`),
    );
    expect([...logins].sort()).toEqual([
      "destination: ",
      "destination: robot:canary-destination",
      "source: ",
      "source: reader:canary-source",
    ]);
    const authorization = `Basic ${Buffer.from("robot:canary-destination").toString("base64")}`;
    expect(await contentOf({ host: closed.host, repository: "acme/app", authorization }, "1.0.0")).toEqual(
      await contentOf(source, "tested"),
    );
  });
});
