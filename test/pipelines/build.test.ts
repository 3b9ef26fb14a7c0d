import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIdentity } from "../../src/core/image/build.ts";
import { git } from "../doubles/bare.ts";
import { readPublished, type Published } from "./published.ts";
import { startWorkshop, type Workshop } from "./workshop.ts";

/** Two stages, the first of which is of no use to the second. */
const stages = `FROM scratch AS base
COPY busybox /bin/busybox
ARG GREETING=hello
ENV GREETING=$GREETING
RUN ["/bin/busybox", "sh", "-c", "echo made of $GREETING > /greeting"]
FROM scratch AS small
COPY hello.txt /hello.txt
`;

const withSecret = `FROM scratch
COPY busybox /bin/busybox
RUN --mount=type=secret,id=NPM_TOKEN ["/bin/busybox", "sh", "-c", "/bin/busybox sha256sum < /run/secrets/NPM_TOKEN > /used"]
`;

const failing = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox seq 25; exit 3"]
`;

const canary = "npm_canary0123456789";
const octets = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("fairlead build", () => {
  let shop: Workshop;
  let commit: string;
  const image = (tag: string): string => `${shop.registry.host}/acme/app:${tag}`;
  const build = (tag: string, ...args: readonly string[]) => shop.build([shop.url("acme/app"), "--image", image(tag), ...args]);
  const published = async (tag: string): Promise<Published> => {
    const found = await readPublished(shop.registry, "acme/app", tag);
    if (found === undefined) throw new Error(`${tag}: it is not in the registry`);
    return found;
  };

  beforeAll(async () => {
    shop = await startWorkshop();
    commit = await shop.createRepository("acme/app", {
      Dockerfile: stages,
      "hello.txt": "hello\n",
      "secret.Dockerfile": withSecret,
      "failing.Dockerfile": failing,
      "copy.Dockerfile": "FROM scratch\nCOPY hello.txt /hello.txt\n",
      "services/api/docker/Dockerfile": "FROM scratch\nCOPY which.txt /which.txt\n",
      "services/api/which.txt": "this is the api\n",
    });
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("an image names its source, in labels and annotations that are the same", async () => {
    const { stderr: _, ...built } = await build("1.0", "--target", "small");
    const { digest, mediaType, manifests } = await published("1.0");
    const labels = {
      "org.opencontainers.image.source": `http://${shop.git.host}/acme/app`,
      "org.opencontainers.image.revision": commit,
      "org.opencontainers.image.version": "1.0",
      "org.opencontainers.image.created": await git(`${shop.git.folder}/acme/app.git`, ["show", "-s", "--format=%cI", commit]),
      "dev.fairlead.build": buildIdentity({
        repository: `${shop.git.host}/acme/app`,
        commit,
        context: "",
        dockerfile: "Dockerfile",
        target: "small",
        buildArgs: {},
        platforms: [],
      }),
    };
    expect(built).toEqual({
      image: `${image("1.0")}@${digest}`,
      digest,
      platforms: [{ platform: "linux/amd64", digest }],
      tags: ["1.0"],
      copies: [],
      source: `${shop.git.host}/acme/app@${commit.slice(0, 12)}`,
      commit,
    });
    expect(mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
    expect(manifests).toEqual([{ digest, platform: "linux/amd64", labels, annotations: labels, env: expect.any(Array) as string[] }]);
  });

  test("build --target builds that stage, and a build argument reaches its RUN", async () => {
    await build("args", "--target", "base", "--build-arg", "GREETING=good morning=yes");
    const { manifests, content } = await published("args");
    expect(manifests[0]?.env).toContain("GREETING=good morning=yes");
    expect(content.some((bytes) => bytes.includes("made of good morning=yes\n"))).toBe(true);
  });

  test("a context in a sub-folder has a Dockerfile below it", async () => {
    await build("api", "--context", "./services/api/", "--dockerfile", "docker/Dockerfile");
    expect((await published("api")).content.some((bytes) => bytes.includes("this is the api\n"))).toBe(true);
  });

  test("a secret reaches its RUN, and is in no layer, configuration, manifest or output", async () => {
    const args = ["--dockerfile", "secret.Dockerfile", "--secret", "NPM_TOKEN=env:NPM_TOKEN", "--verbose"];
    const { stderr, ...built } = await shop.build([shop.url("acme/app"), "--image", image("secret"), ...args], { NPM_TOKEN: canary });
    const { content } = await published("secret");
    expect(content.some((bytes) => bytes.includes(octets(canary)))).toBe(true);
    const hiding = [canary, Buffer.from(canary).toString("base64").replace(/=+$/, "")];
    const seen = [...content, Buffer.from(stderr), Buffer.from(JSON.stringify(built))].filter((bytes) =>
      hiding.some((text) => bytes.includes(text)),
    );
    expect(seen).toEqual([]);
  });

  test("several platforms are one index, which names its source as each manifest does", async () => {
    const platformFlags = ["linux/amd64", "linux/arm64", "linux/amd64"].flatMap((platform) => ["--platform", platform]);
    const { digest, platforms } = await build("many", "--dockerfile", "copy.Dockerfile", ...platformFlags);
    const { manifests, annotations, ...index } = await published("many");
    expect(index).toMatchObject({ digest, mediaType: "application/vnd.oci.image.index.v1+json" });
    expect(manifests.map(({ platform, digest }) => ({ platform, digest }))).toEqual(platforms);
    expect(platforms.map(({ platform }) => platform).sort()).toEqual(["linux/amd64", "linux/arm64"]); // Dagger writes them in any order
    for (const { labels, annotations: own } of manifests) {
      expect([own, annotations]).toEqual([labels, labels]);
      expect(labels).toMatchObject({
        "org.opencontainers.image.revision": commit,
        "dev.fairlead.build": expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      });
    }
  });

  test("a RUN that fails shows its last lines", async () => {
    const { code, stderr } = await shop.failedBuild([
      shop.url("acme/app"),
      "--image",
      image("failing"),
      "--dockerfile",
      "failing.Dockerfile",
    ]);
    expect({ code, pushed: await readPublished(shop.registry, "acme/app", "failing") }).toEqual({ code: 1, pushed: undefined });
    expect(stderr.slice(stderr.indexOf("  | ")).replaceAll(shop.git.host, "HOST").replaceAll(commit.slice(0, 12), "COMMIT"))
      .toMatchInlineSnapshot(`
        "  | 6
          | 7
          | 8
          | 9
          | 10
          | 11
          | 12
          | 13
          | 14
          | 15
          | 16
          | 17
          | 18
          | 19
          | 20
          | 21
          | 22
          | 23
          | 24
          | 25
          | failing.Dockerfile:3
          | --------------------
          |    1 |     FROM scratch
          |    2 |     COPY busybox /bin/busybox
          |    3 | >>> RUN ["/bin/busybox", "sh", "-c", "/bin/busybox seq 25; exit 3"]
          | --------------------
        fairlead: build HOST/acme/app@COMMIT: RUN /bin/busybox sh -c /bin/busybox seq 25; exit 3: exit code 3
        "
      `);
  });

  test("a failed build gives its reason in one line", async () => {
    const fail = async (...args: readonly string[]) => {
      const { code, stderr } = await shop.failedBuild([shop.url("acme/app"), "--image", image("never"), ...args]);
      const [said = ""] = /^fairlead: .*$/m.exec(stderr) ?? [];
      return `${code} ${said.replaceAll(shop.git.host, "HOST").replaceAll(commit.slice(0, 12), "COMMIT")}`;
    };
    expect([
      await fail("--dockerfile", "none.Dockerfile"),
      await fail("--target", "none"),
      await fail("--context", "none"),
      await fail("--dockerfile", "copy.Dockerfile", "--platform", "not a platform"),
      await fail("--tag", "not a tag"),
      await fail("--dockerfile", "secret.Dockerfile"),
    ]).toMatchInlineSnapshot(`
      [
        "2 fairlead: build HOST/acme/app@COMMIT: there is no Dockerfile at none.Dockerfile",
        "2 fairlead: build HOST/acme/app@COMMIT: the Dockerfile has no stage none",
        "2 fairlead: build HOST/acme/app@COMMIT: there is no folder none in the source",
        "2 fairlead: build: --platform: "not a platform" is not a platform such as linux/arm64",
        "2 fairlead: build: --tag: "not a tag" is not a tag",
        "1 fairlead: build HOST/acme/app@COMMIT: RUN /bin/busybox sh -c /bin/busybox sha256sum < /run/secrets/NPM_TOKEN > /used: exit code 1",
      ]
    `);
  });
});
