import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startProxy, type Proxy, type ProxyAnswer } from "../doubles/proxy.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { digestOf, type Place } from "../registries/content.ts";
import { find, pushLayered, pushTwoPlatforms, tagsOf } from "./images.ts";

/** The output of `fairlead retag --json`. */
interface Retagged {
  readonly image: string;
  readonly tags: readonly { readonly image: string; readonly digest: string; readonly from: string | null; readonly changed: boolean }[];
  readonly referrers: readonly string[];
}

describe("fairlead retag, within one repository", () => {
  let registry: Registry;
  let proxy: Proxy;
  /**
   * Called for each request, so that a test changes the world at the right time, or answers as another registry would.
   */
  let meanwhile: ((method: string, path: string) => Promise<ProxyAnswer | undefined | void>) | undefined;
  let place: Place;
  let tested: string;
  let other: string;
  const image = (reference: string): string => `${proxy.host}/acme/app${reference.startsWith("sha256:") ? "@" : ":"}${reference}`;
  const run = async (source: string, ...args: readonly string[]): Promise<Retagged> => {
    const { code, stdout, stderr } = await fairlead(["retag", image(source), ...args, "--json"]);
    if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as Retagged;
  };
  /** Runs a command that must fail, and returns its exit code and messages. */
  const failure = async (source: string, ...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await fairlead(["retag", source.includes("/") ? source : image(source), ...args]);
    const told = stderr.slice(stderr.search(/^fairlead: /m)).trimEnd();
    return withNames(`exit code ${code}\n${told}`);
  };
  const withNames = (text: string): string =>
    text.replaceAll(proxy.host, "REGISTRY").replaceAll(tested, "TESTED").replaceAll(other, "OTHER");
  const requests = async (work: Promise<unknown>): Promise<readonly string[]> => {
    const since = proxy.requests.length;
    await work;
    return proxy.requests.slice(since).map(({ method, path }) => `${method} ${withNames(path.replace("/v2/acme/app/manifests/", ""))}`);
  };
  const tag = async (from: string, ...tags: readonly string[]): Promise<void> => {
    const { bytes, mediaType } = (await find(place, from))!;
    const put = (name: string): Promise<Response> =>
      fetch(`${registry.url}/v2/acme/app/manifests/${name}`, { method: "PUT", headers: { "content-type": mediaType }, body: bytes });
    await Promise.all(tags.map(put));
  };
  const digestOfTag = async (name: string): Promise<string | undefined> => (await find(place, name))?.digest;

  beforeAll(async () => {
    registry = await startRegistry();
    proxy = await startProxy(registry.host, { onRequest: ({ method = "", url = "" }) => meanwhile?.(method, url) });
    place = { host: registry.host, repository: "acme/app" };
    tested = (await pushTwoPlatforms(place, "tested")).digest;
    other = (await pushLayered(place, ["another"], { tag: "other" })).digest;
  });
  beforeEach(() => {
    meanwhile = undefined;
  });
  afterAll(async () => {
    await proxy.stop();
    await registry.stop();
  });

  test("an index gets a tag with its own bytes: one GET, one PUT, two looks at the tag", async () => {
    let retagged: Retagged | undefined;
    const asked = await requests(run("tested", "1.4.3").then((result) => (retagged = result)));
    expect(retagged).toEqual({
      image: `${image("tested")}@${tested}`,
      digest: tested,
      tags: [{ image: image("1.4.3"), digest: tested, from: null, changed: true }],
      referrers: [],
    });
    expect(asked).toEqual(["GET tested", "HEAD 1.4.3", "PUT 1.4.3", "HEAD 1.4.3"]);
    expect(await find(place, "1.4.3")).toEqual(await find(place, tested));
  });

  test("several tags need one look at the source, which may be a digest", async () => {
    const asked = await requests(run(tested, "2.0.0", "2.0", "2", "2.0"));
    expect(asked.filter((each) => each.startsWith("GET"))).toEqual(["GET TESTED"]);
    expect(asked.slice(1).sort()).toEqual(["2", "2.0", "2.0.0"].flatMap((each) => [`HEAD ${each}`, `HEAD ${each}`, `PUT ${each}`]).sort());
    expect(await Promise.all(["2.0.0", "2.0", "2"].map(digestOfTag))).toEqual([tested, tested, tested]);
  });

  test("a tag that has the image already is left, and nothing is written", async () => {
    await tag("tested", "again");
    const asked = await requests(
      run("tested", "again").then(({ tags }) =>
        expect(tags).toEqual([{ image: image("again"), digest: tested, from: tested, changed: false }]),
      ),
    );
    expect(asked).toEqual(["GET tested", "HEAD again"]);
  });

  test("retag --unchecked is one GET and one PUT", async () => {
    await tag("other", "3.0.0");
    const asked = await requests(
      run("tested", "3.0.0", "--unchecked").then(({ tags }) =>
        expect(tags).toEqual([{ image: image("3.0.0"), digest: tested, from: null, changed: true }]),
      ),
    );
    expect(asked).toEqual(["GET tested", "PUT 3.0.0"]);
    expect(await digestOfTag("3.0.0")).toBe(tested);
  });

  test("a dry run shows each tag with both digests, and writes nothing", async () => {
    await tag("other", "latest");
    await tag("tested", "stable");
    const before = await tagsOf(place);
    let shown = "";
    const asked = await requests(
      fairlead(["retag", image("tested"), "4.0.0", "latest", "stable", "--dry-run"]).then(({ stdout }) => (shown = withNames(stdout))),
    );
    expect(shown).toMatchInlineSnapshot(`
      "retag REGISTRY/acme/app:4.0.0 REGISTRY/acme/app:latest REGISTRY/acme/app:stable from REGISTRY/acme/app:tested@sha256:9cb810b36df6
        + create REGISTRY/acme/app:4.0.0: TESTED
        ~ update REGISTRY/acme/app:latest: OTHER → TESTED
      plan: 1 to create, 1 to update; nothing was changed
      "
    `);
    expect(asked.filter((each) => !/^(GET|HEAD) /.test(each))).toEqual([]);
    expect(await tagsOf(place)).toEqual(before);
    expect(await digestOfTag("latest")).toBe(other);
  });

  test("a version tag of another image is refused, and then no tag is set", async () => {
    await tag("other", "5.0.0", "5.0.1");
    expect(await failure("tested", "5.0.2", "latest", "5.0.0", "5.0.1")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: retag REGISTRY/acme/app:tested@TESTED: REGISTRY/acme/app:5.0.0 has OTHER, REGISTRY/acme/app:5.0.1 has OTHER
      hint: move it with --on-conflict move, or leave it with --on-conflict skip"
    `);
    expect(await Promise.all(["5.0.0", "5.0.1", "5.0.2"].map(digestOfTag))).toEqual([other, other, undefined]);
  });

  test("a tag that moves by its name is moved, unless --on-conflict is fail", async () => {
    await tag("other", "main", "6", "6.0");
    const { tags } = await run("tested", "main", "6", "6.0");
    expect(tags.map(({ from, digest, changed }) => ({ from, digest, changed }))).toEqual(
      ["main", "6", "6.0"].map(() => ({ from: other, digest: tested, changed: true })),
    );
    await tag("other", "main");
    expect(await failure("tested", "main", "--on-conflict", "fail")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: retag REGISTRY/acme/app:tested@TESTED: REGISTRY/acme/app:main has OTHER
      hint: move it with --on-conflict move, or leave it with --on-conflict skip"
    `);
    expect(await digestOfTag("main")).toBe(other);
  });

  test("--on-conflict move moves a version; skip leaves it and sets the others", async () => {
    await tag("other", "7.0.0", "7.0.1");
    expect((await run("tested", "7.0.0", "--on-conflict", "move")).tags).toEqual([
      { image: image("7.0.0"), digest: tested, from: other, changed: true },
    ]);
    const { code, stdout, stderr } = await fairlead(["retag", image("tested"), "7.0.1", "7.0.2", "--on-conflict", "skip", "--json"]);
    expect({ code, tags: (JSON.parse(stdout) as Retagged).tags, warning: withNames(/^warning: .*$/m.exec(stderr)?.[0] ?? "") }).toEqual({
      code: 0,
      tags: [
        { image: image("7.0.1"), digest: other, from: other, changed: false },
        { image: image("7.0.2"), digest: tested, from: null, changed: true },
      ],
      warning: "warning: REGISTRY/acme/app:7.0.1 has OTHER and is left",
    });
    expect(await Promise.all(["7.0.1", "7.0.2"].map(digestOfTag))).toEqual([other, tested]);
  });

  test("a tag that is moved right after it was set is a lost race, and is reported", async () => {
    let given = false;
    meanwhile = async (method, path) => {
      if (method === "PUT" && path.endsWith("/raced")) given = true;
      else if (method === "HEAD" && given) await tag("other", "raced");
    };
    expect(await failure("tested", "raced")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: tag REGISTRY/acme/app:raced: it has OTHER after TESTED was given to it
      hint: find out what else sets this tag, then run it again"
    `);
    expect(await digestOfTag("raced")).toBe(other);
  });

  test("two runs that set one version at once: one wins, and the loser says so", async () => {
    const runs = await Promise.all(["tested", "other"].map((source) => fairlead(["retag", image(source), "8.0.0", "--json"])));
    const winner = await digestOfTag("8.0.0");
    expect([tested, other]).toContain(winner);
    for (const [index, { code }] of runs.entries()) {
      if (winner === [tested, other][index]) expect(code).toBe(0);
      else expect([0, 5]).toContain(code); // the first writer has set it, and the other has moved it since
    }
  });

  test("a registry with immutable tags accepts the digest that the tag has, even if ECR refuses it", async () => {
    await tag("tested", "9.0.0");
    await tag("other", "9.0.1");
    meanwhile = async (method, path) =>
      method === "PUT" && (await digestOfTag(path.split("/").at(-1)!)) !== undefined ? immutable : undefined;
    expect((await run("tested", "9.0.0")).tags).toMatchObject([{ digest: tested, changed: false }]);
    expect((await run("tested", "9.0.0", "--unchecked")).tags).toMatchObject([{ digest: tested }]);
    expect(await failure("tested", "9.0.1", "--on-conflict", "move")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: tag REGISTRY/acme/app:9.0.1: REGISTRY refuses to move the tag (TAG_INVALID: The image tag already exists in the repository and cannot be overwritten because the repository is immutable.)"
    `);
    expect(await failure("tested", "9.0.1", "--unchecked")).toContain("exit code 5\n");
    expect(await digestOfTag("9.0.1")).toBe(other);
  });

  test("a tag that cannot be set gives the reason, and no tag is set", async () => {
    const before = await tagsOf(place);
    expect([
      await failure("none", "n1"),
      await failure(digestOf("nothing"), "n1"),
      await failure("tested", "n1", "not a tag", "a:b"),
      await failure("tested", "n1", ""),
      await failure("tested"),
      await failure("Acme/App", "n1"),
      await failure("tested", "n1", "--to", `${proxy.host}/acme/b:1`),
      await failure("tested", "n1", "--unchecked", "--on-conflict", "move", "--to-username", "me"),
    ]).toMatchInlineSnapshot(`
      [
        "exit code 4
      fairlead: read REGISTRY/acme/app:none: there is no such tag or digest
      hint: name a tag that is there, such as 2, 2.0, 6",
        "exit code 4
      fairlead: read REGISTRY/acme/app@sha256:1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a: there is no such tag or digest
      hint: name a tag that is there, such as 2, 6, 2.0",
        "exit code 2
      fairlead: retag: TAG: "not a tag" is not a tag
      fairlead: retag: TAG: "a:b" is not a tag
      hint: write at most 128 letters, digits, underscores, dots and hyphens",
        "exit code 2
      fairlead: retag: TAG: "" is not a tag
      hint: write at most 128 letters, digits, underscores, dots and hyphens",
        "exit code 2
      fairlead: retag: TAG: it is missing
      hint: run fairlead retag --help",
        "exit code 2
      fairlead: retag: SOURCE: read image reference "Acme/App": repository "Acme/App" has capital letters
      hint: write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3",
        "exit code 2
      fairlead: retag: --to: it is a repository alone: tags are arguments
      hint: run fairlead retag --help",
        "exit code 2
      fairlead: retag: --on-conflict: unchecked, no conflict is seen
      fairlead: retag: --to-username: there is no --to
      hint: run fairlead retag --help",
      ]
    `);
    expect(await tagsOf(place)).toEqual(before);
  });

  test("a manifest with a wrong digest is refused", async () => {
    const { bytes, mediaType } = (await find(place, "tested"))!;
    meanwhile = (method) =>
      Promise.resolve(
        method !== "GET"
          ? undefined
          : { status: 200, headers: { "content-type": mediaType, "docker-content-digest": tested }, body: `${bytes.toString()} ` },
      );
    const told = await failure("tested", "w1");
    expect(told.replace(/sha256:[0-9a-f]{64}/, "WRONG")).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: read REGISTRY/acme/app:tested: the registry sent WRONG for TESTED"
    `);
    expect(await digestOfTag("w1")).toBeUndefined();
  });
});

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
const immutable: ProxyAnswer = {
  status: 400,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    errors: [
      {
        code: "TAG_INVALID",
        message: "The image tag already exists in the repository and cannot be overwritten because the repository is immutable.",
      },
    ],
  }),
};
