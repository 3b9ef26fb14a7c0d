import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { readPublished } from "./published.ts";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

const dockerfile = "FROM scratch\nCOPY hello.txt /hello.txt\n";

describe("fairlead build, again", () => {
  let shop: Workshop;
  let proxy: Proxy;
  let commit: string;
  /** Called for each request to the registry, so that a test changes the world at the right time. */
  let meanwhile: ((method: string, path: string) => Promise<void>) | undefined;
  const image = (tag: string): string => `${proxy.host}/acme/app:${tag}`;
  const build = (tag: string, ...args: readonly string[]) => shop.build([shop.url("acme/app"), "--image", image(tag), ...args]);
  const digestOf = async (tag: string): Promise<string | undefined> => (await readPublished(shop.registry, "acme/app", tag))?.digest;
  const writes = (since: number): readonly string[] =>
    proxy.requests
      .slice(since)
      .filter(({ method }) => method !== "GET" && method !== "HEAD")
      .map(({ method, path }) => `${method} ${path}`);

  beforeAll(async () => {
    shop = await startWorkshop();
    proxy = await startProxy(shop.registry.host, { onRequest: ({ method = "", url = "" }) => meanwhile?.(method, url) });
    commit = await shop.createRepository("acme/app", { Dockerfile: dockerfile, "hello.txt": "hello\n" });
  });
  beforeEach(() => {
    meanwhile = undefined;
  });
  afterAll(async () => {
    await proxy.stop();
    await shop[Symbol.asyncDispose]();
  });

  test("several tags are one build with one digest", async () => {
    const { digest, tags } = await build("1.0", "--tag", "latest", "--tag", "stable", "--tag", "latest");
    expect(tags).toEqual(["1.0", "latest", "stable"]);
    expect(await Promise.all(tags.map(digestOf))).toEqual([digest, digest, digest]);
  });

  test("an image without a tag gets one that names the commit", async () => {
    const { tags } = await shop.build([shop.url("acme/app"), "--image", `${proxy.host}/acme/app`]);
    expect(tags).toEqual([`sha-${commit.slice(0, 12)}`]);
  });

  test("a second build needs no engine, writes nothing, and prints the same", async () => {
    const { stderr: _, ...first } = await build("same");
    const since = proxy.requests.length;
    const { stderr: __, ...second } = await build("same", ...noEngine);
    expect({ second, writes: writes(since) }).toEqual({ second: first, writes: [] });
  });

  test("a further tag of an existing build is only tagged", async () => {
    const { digest } = await build("first");
    const since = proxy.requests.length;
    const again = await build("first", "--tag", "further", ...noEngine);
    expect({ digest: again.digest, writes: writes(since) }).toEqual({ digest, writes: ["PUT /v2/acme/app/manifests/further"] });
    expect(await digestOf("further")).toBe(digest);
  });

  test("a tag of another build is moved", async () => {
    const { digest } = await build("moving");
    const other = await build("moving", "--build-arg", "ANOTHER=build");
    expect(other.digest).not.toBe(digest);
    expect(await digestOf("moving")).toBe(other.digest);
  });

  test("build --rebuild builds an existing image again", async () => {
    const { digest } = await build("same");
    const { code, stderr } = await shop.failedBuild([shop.url("acme/app"), "--image", image("same"), "--rebuild", ...noEngine]);
    expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringContaining("there is no socket /nowhere/engine.sock") as string });
    // the build's inputs have not changed, and the engine has it in its cache
    expect(await build("same", "--rebuild")).toMatchObject({ digest });
  });

  test("a build that another run pushed meanwhile is reused, not overwritten", async () => {
    const { digest } = await build("theirs");
    const manifest = await fetch(`${shop.registry.url}/v2/acme/app/manifests/${digest}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    const body = Buffer.from(await manifest.arrayBuffer());
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    let asked = 0;
    meanwhile = async (method, path) => {
      if (!path.endsWith("/manifests/raced")) return;
      if (method === "HEAD" && ++asked === 1)
        await fetch(`${shop.registry.url}/v2/acme/app/manifests/raced`, { method: "PUT", headers, body });
    };
    const since = proxy.requests.length;
    const built = await build("raced");
    const tagged = writes(since).filter((each) => each.includes("/manifests/") && !each.includes("/manifests/sha256:"));
    expect({ digest: built.digest, tagged }).toEqual({ digest, tagged: [] });
  });
});
