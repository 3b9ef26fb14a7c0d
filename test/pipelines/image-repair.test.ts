/** Lists of referrers as older tools wrote them, repaired and read by regctl, as a verifier would read them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { startRegistry } from "../doubles/registry.ts";
import { fetchManifest, ociIndex, ociManifest, pushBlob, pushManifest, type Descriptor, type Place } from "../registries/content.ts";
import { pushTwoPlatforms, referrerTo, signature } from "../registries/oci/copying.ts";
import { runTool, toolsAreThere } from "../tools.ts";

describe("fairlead image repair", () => {
  const stack = new AsyncDisposableStack();
  let registry: Proxy;
  const place = (repository: string): Place => ({ host: registry.host, repository });
  const listTag = ({ digest }: Descriptor): string => digest.replace(":", "-");
  const bare = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });
  const repair = async (repository: string, ...args: readonly string[]) => {
    const { code, stdout, stderr } = await fairlead(["image", "repair", `${registry.host}/${repository}`, ...args]);
    return { code, stdout: stdout.replaceAll(registry.host, "REGISTRY"), stderr: stderr.replaceAll(registry.host, "REGISTRY") };
  };
  const writes = (since: number): readonly string[] =>
    registry.requests
      .slice(since)
      .filter(({ method }) => method !== "GET" && method !== "HEAD")
      .map(({ method, path }) => `${method} ${path}`);

  beforeAll(async () => {
    const behind = stack.use(await startRegistry());
    registry = stack.use(await startProxy(behind.host));
  });
  afterAll(() => stack.disposeAsync());

  test("a list without types and annotations becomes what the specification says, byte for byte", async () => {
    const here = place("acme/app");
    const { index } = await pushTwoPlatforms(here, "1.0");
    const signed = await pushManifest(here, await referrerTo(here, index, "good"));
    // without a type of its own, that of its configuration counts
    const config = await pushBlob(here, "{}", "application/vnd.example.sbom");
    const sbom = await pushManifest(here, {
      schemaVersion: 2,
      mediaType: ociManifest,
      artifactType: "",
      config,
      layers: [],
      subject: bare(index),
    });
    const nested = await pushManifest(here, {
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [],
      subject: bare(index),
      annotations: { says: "index" },
    });
    const entries = [signed, { ...bare(sbom), platform: { os: "linux", architecture: "amd64" }, annotations: { old: "yes" } }, nested];
    await pushManifest(
      here,
      { schemaVersion: 2, mediaType: ociIndex, manifests: entries, annotations: { by: "somebody" } },
      listTag(index),
    );
    const before = await fetchManifest(here, listTag(index));

    const since = registry.requests.length;
    const planned = await repair("acme/app", "--dry-run");
    expect({ code: planned.code, stdout: planned.stdout.replaceAll(/sha256([-:])[0-9a-f]{64}/g, "sha256$1…") }).toEqual({
      code: 0,
      stdout: `repair-referrers REGISTRY/acme/app
  ~ update REGISTRY/acme/app:sha256-…: sha256:… → sha256:…
plan: 1 to update; nothing was changed
`,
    });
    expect([writes(since), await fetchManifest(here, listTag(index))]).toEqual([[], before]);

    const { code, stdout } = await repair("acme/app", "--json");
    expect({ code, result: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      result: {
        repository: "REGISTRY/acme/app",
        lists: [
          { tag: listTag(index), from: expect.any(String) as string, digest: expect.any(String) as string, referrers: 3, changed: true },
        ],
      },
    });
    const entry = ({ mediaType, size, digest }: Descriptor, more: object): object => ({ mediaType, size, digest, ...more });
    const specified = {
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [
        entry(signed, { artifactType: signature, annotations: { says: "good" } }),
        entry(sbom, { artifactType: "application/vnd.example.sbom" }),
        entry(nested, { annotations: { says: "index" } }),
      ],
      annotations: { by: "somebody" },
    };
    expect((await fetchManifest(here, listTag(index)))?.toString()).toBe(JSON.stringify(specified));

    const again = registry.requests.length;
    expect((await repair("acme/app", "--dry-run")).stdout).toContain("plan: nothing to do\n");
    expect((await repair("acme/app")).code).toBe(0);
    expect(writes(again)).toEqual([]);
  });

  test.runIf(toolsAreThere)("a verifier that filters by type finds the signature after the repair alone", async () => {
    const here = place("acme/verified");
    const { index } = await pushTwoPlatforms(here, "1.0");
    const signed = await pushManifest(here, await referrerTo(here, index, "good"));
    await pushManifest(here, { schemaVersion: 2, mediaType: ociIndex, manifests: [bare(signed)] }, listTag(index));
    const find = () =>
      runTool(
        ...(["regctl", "--host", `reg=${registry.host},tls=disabled`, "artifact", "list", `${registry.host}/acme/verified:1.0`].concat([
          "--filter-artifact-type",
          signature,
          "--format",
          "{{range .Descriptors}}{{.Digest}} {{.Annotations.says}}{{end}}",
        ]) as ["regctl", ...string[]]),
      );
    expect(await find()).toBe("");
    await repair("acme/verified");
    expect(await find()).toBe(`${signed.digest} good`);
  });

  test("a list that a copy writes is left as it is", async () => {
    const here = place("acme/copied");
    const { index } = await pushTwoPlatforms(here, "1.0");
    const signed = await pushManifest(here, await referrerTo(here, index, "good"));
    await pushManifest(here, { schemaVersion: 2, mediaType: ociIndex, manifests: [bare(signed)] }, listTag(index));
    await fairlead(["retag", `${registry.host}/acme/copied:1.0`, "1.0", "--to", `${registry.host}/acme/copy`, "--referrers"]);
    const list = {
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [
        { mediaType: signed.mediaType, size: signed.size, digest: signed.digest, artifactType: signature, annotations: { says: "good" } },
      ],
    };
    expect((await fetchManifest(place("acme/copy"), listTag(index)))?.toString()).toBe(JSON.stringify(list));
    expect((await repair("acme/copy", "--dry-run")).stdout).toContain("plan: nothing to do\n");
  });

  test("a manifest that is gone is left out, with a warning", async () => {
    const here = place("acme/gone");
    const { index } = await pushTwoPlatforms(here, "1.0");
    const signed = await pushManifest(here, await referrerTo(here, index, "good"));
    const gone = await pushManifest(here, await referrerTo(here, index, "gone"));
    await pushManifest(here, { schemaVersion: 2, mediaType: ociIndex, manifests: [signed, gone] }, listTag(index));
    await fetch(`${registry.url}/v2/acme/gone/manifests/${gone.digest}`, { method: "DELETE" });
    const { code, stderr } = await repair("acme/gone");
    expect({
      code,
      warned: stderr.includes(`REGISTRY/acme/gone:${listTag(index)} lists ${gone.digest}, which is gone, and so is left out`),
    }).toEqual({
      code: 0,
      warned: true,
    });
    const { manifests } = JSON.parse((await fetchManifest(here, listTag(index)))?.toString() ?? "") as { manifests: Descriptor[] };
    expect(manifests.map(({ digest }) => digest)).toEqual([signed.digest]);
  });

  test("a repository without lists has nothing to repair, and one that does not exist is not found", async () => {
    await pushTwoPlatforms(place("acme/none"), "1.0");
    expect(JSON.parse((await repair("acme/none", "--json")).stdout)).toEqual({ repository: "REGISTRY/acme/none", lists: [] });
    expect((await repair("acme/never")).code).toBe(4);
    expect((await repair("acme/none:1.0")).stderr).toBe(
      "fairlead: image: IMAGE: it is a repository alone\nhint: run fairlead image --help\n",
    );
  });
});
