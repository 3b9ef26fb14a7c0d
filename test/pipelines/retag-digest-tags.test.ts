/** GitLab's registry takes the tag `sha256-<hex>` for the digest `sha256:<hex>`, and serves no referrers API. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import type { Descriptor, Place } from "../registries/content.ts";
import { contentOf, find, pushLayered, pushReferrer, pushTwoPlatforms, putManifest, tagsOf } from "./images.ts";

describe("fairlead retag --referrers with a registry that takes the tag of a list for the image", () => {
  const stack = new AsyncDisposableStack();
  let ordinary: Registry;
  let behind: Registry;
  let gitlab: Proxy;
  const listTag = ({ digest }: Descriptor): string => digest.replace(":", "-");
  const retag = async (source: string, to: string, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await fairlead(["retag", source, "1.0", "--to", to, "--referrers", ...args]);
    if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`);
    return { stdout, warnings: stderr.split("\n").filter((line) => line.includes("cannot list")) };
  };
  const copied = async (source: string, to: string) => {
    const { stdout, warnings } = await retag(source, to, "--json");
    return { ...(JSON.parse(stdout) as { referrers: string[]; tags: { changed: boolean }[] }), warnings };
  };

  beforeAll(async () => {
    [ordinary, behind] = await Promise.all([startRegistry(), startRegistry()]);
    stack.use(ordinary);
    stack.use(behind);
    const onRequest = (request: { method?: string | undefined; url?: string | undefined }): void => {
      if (request.method === "PUT") return;
      request.url = (request.url ?? "").replace(/\/manifests\/sha256-([0-9a-f]{64})$/, "/manifests/sha256:$1");
    };
    gitlab = stack.use(await startProxy(behind.host, { onRequest }));
  });
  afterAll(() => stack.disposeAsync());

  test("a copy from it has the signatures, not the platforms, and is done after the first run", async () => {
    const here: Place = { host: gitlab.host, repository: "acme/from" };
    const index = await pushTwoPlatforms(here, "tested");
    const { mediaType, digest } = await pushLayered(here, ["signature"]);
    const bytes = JSON.parse((await find(here, digest))?.bytes.toString() ?? "") as { mediaType: string };
    const signature = await putManifest(here, { ...bytes, mediaType }, `${listTag(index)}.sig`);
    const call = [`${gitlab.host}/acme/from:tested`, `${ordinary.host}/acme/from`] as const;
    expect((await copied(...call)).referrers).toEqual([signature.digest]);
    expect(await tagsOf({ host: ordinary.host, repository: "acme/from" })).toEqual(["1.0", `${listTag(index)}.sig`].sort());
    expect((await retag(...call, "--dry-run")).stdout).toContain("plan: nothing to do\n");
  });

  test.each([
    ["an index", "acme/index", pushTwoPlatforms],
    ["one platform", "acme/one", (place: Place, tag: string) => pushLayered(place, ["layer"], { tag })],
  ])("a copy of %s to it has the signatures, writes no list of them, and says that nobody finds them", async (_title, repository, push) => {
    const here: Place = { host: ordinary.host, repository };
    const image = await push(here, "tested");
    const signature = await pushReferrer(here, image, "good");
    const call = [`${ordinary.host}/${repository}:tested`, `${gitlab.host}/${repository}`] as const;
    const there: Place = { host: behind.host, repository };
    const warning = `${gitlab.host} cannot list the signatures of ${gitlab.host}/${repository}@${image.digest}: it takes the tag of the list for the image itself`;
    expect(await copied(...call)).toMatchObject({
      tags: [{ changed: true }],
      referrers: [signature.digest],
      warnings: [expect.stringContaining(warning) as string],
    });
    expect(await tagsOf(there)).toEqual(["1.0"]);
    expect(await contentOf(there, signature.digest)).toEqual(await contentOf(here, signature.digest));
    const { stdout, warnings } = await retag(...call, "--dry-run");
    expect({ stdout: stdout.split("\n").at(-2), warnings }).toEqual({
      stdout: "plan: nothing to do",
      warnings: [expect.stringContaining(warning) as string],
    });
  });
});
