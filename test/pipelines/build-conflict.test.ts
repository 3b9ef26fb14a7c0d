/** A tag that has an image of another commit, which `build` treats as `retag` does. Nothing is built: no engine is needed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { pushImage, type Descriptor } from "../registries/content.ts";
import { tagsOf } from "./images.ts";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

describe("fairlead build to a tag that exists", () => {
  let shop: Workshop;
  let commit: string;
  let theirs: Descriptor;
  const place = () => ({ host: shop.registry.host, repository: "acme/app" });
  const image = (tag: string): string => `${shop.registry.host}/acme/app:${tag}`;
  const push = (tag: string, labels: Record<string, string>): Promise<Descriptor> =>
    pushImage(place(), { platform: { os: "linux", architecture: "amd64" }, labels, tag });
  const dryRun = async (...args: readonly string[]): Promise<{ code: number | null; said: string; lines: readonly string[] }> => {
    const { code, stdout, stderr } = await fairlead(["build", shop.url("acme/app"), ...args, "--dry-run", ...noEngine]);
    const clean = (text: string): string =>
      [
        [shop.registry.host, "REGISTRY"],
        [shop.git.host, "GIT"],
        [theirs.digest, "THEIRS"],
        [commit.slice(0, 12), "COMMIT"],
      ].reduce((all, [from = "", to = ""]) => all.replaceAll(from, to), text);
    const changes = stdout.split("\n").filter((line) => /^ {2}[+~] /.test(line));
    return { code, said: clean(stderr.slice(stderr.search(/^fairlead: /m))).trimEnd(), lines: changes.map(clean) };
  };

  beforeAll(async () => {
    shop = await startWorkshop();
    commit = await shop.createRepository("acme/app", { Dockerfile: "FROM scratch\nCOPY busybox /busybox\n" });
    theirs = await push("1.0.0", { "org.opencontainers.image.revision": "f".repeat(40) });
    await push("latest", { "org.opencontainers.image.revision": "f".repeat(40) });
    await push("1.1.0", { "org.opencontainers.image.revision": commit });
    await push("1.2.0", {});
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("a release tag of another commit is refused before anything is built, beside tags that may move", async () => {
    const { code, said } = await dryRun("--image", image("latest"), "--tag", "1.0.0", "--tag", "new");
    expect(`exit code ${code}\n${said}`).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: build GIT/acme/app@COMMIT: REGISTRY/acme/app:1.0.0 has THEIRS of another commit, ffffffffffffffffffffffffffffffffffffffff
      hint: give the image another tag, or move this one with --on-conflict move"
    `);
    const { code: real } = await fairlead(["build", shop.url("acme/app"), "--image", image("1.0.0"), ...noEngine]);
    expect({ real, tags: await tagsOf(place()) }).toEqual({ real: 5, tags: ["1.0.0", "1.1.0", "1.2.0", "latest"] });
  });

  test("a release tag of an image that names no commit is refused", async () => {
    const { code, said } = await dryRun("--image", image("1.2.0"));
    expect([code, said]).toEqual([5, expect.stringMatching(/acme\/app:1\.2\.0 has sha256:[0-9a-f]{64}, which does not say its commit\n/)]);
  });

  test("a moving tag, and a release tag of the same commit, are moved", async () => {
    const { lines } = await dryRun("--image", image("1.1.0"), "--tag", "latest", "--rebuild");
    expect(lines.map((line) => line.replace(/sha256:[0-9a-f]{64} →/, "… →"))).toEqual([
      "  ~ update REGISTRY/acme/app:1.1.0: … → sha256:(known after push)",
      "  ~ update REGISTRY/acme/app:latest: THEIRS → sha256:(known after push)",
    ]);
  });

  test("build --on-conflict move moves a release tag, and --on-conflict fail keeps a moving one", async () => {
    const { lines } = await dryRun("--image", image("1.0.0"), "--on-conflict", "move");
    expect(lines).toEqual(["  ~ update REGISTRY/acme/app:1.0.0: THEIRS → sha256:(known after push)"]);
    expect((await dryRun("--image", image("latest"), "--on-conflict", "fail")).code).toBe(5);
  });

  test("build --copy-to refuses a release tag of another commit in the other repository, and takes one of the same", async () => {
    const to = `${shop.registry.host}/acme/app`;
    const copy = (tag: string) => dryRun("--image", `${shop.registry.host}/acme/new:${tag}`, "--copy-to", to);
    const refused = await copy("1.0.0");
    expect(`exit code ${refused.code}\n${refused.said}`).toMatchInlineSnapshot(`
      "exit code 5
      fairlead: retag REGISTRY/acme/new@sha256:(known after push): REGISTRY/acme/app:1.0.0 has THEIRS of another commit, ffffffffffffffffffffffffffffffffffffffff
      hint: give the image another tag, or move this one with --on-conflict move"
    `);
    const taken = await copy("1.1.0");
    expect({ code: taken.code, targets: taken.lines.map((line) => line.split(": ", 1)[0]) }).toEqual({
      code: 0,
      targets: ["  + create REGISTRY/acme/new:1.1.0", "  ~ update REGISTRY/acme/app:1.1.0"],
    });
  });
});
