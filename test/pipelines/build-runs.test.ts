import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, createRedactor, FairleadError, openRun, runPipeline } from "../../src/library.ts";
import { secretValue } from "../../src/secrets.ts";
import { startProxy } from "../doubles/proxy.ts";
import { startRegistry } from "../doubles/registry.ts";
import { readPublished } from "./published.ts";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

/** Two with the same text would be one build: BuildKit does not tell commands apart by a secret's value. */
const withSecret = (name: string): string => `FROM scratch
COPY busybox /bin/busybox
ENV NAME=${name}
RUN --mount=type=secret,id=KEY ["/bin/busybox", "sh", "-c", "/bin/busybox sha256sum < /run/secrets/KEY > /used"]
`;

const octets = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("runs of build in one process", () => {
  let shop: Workshop;
  const redactor = createRedactor();
  const run = async (input: Readonly<Record<string, unknown>>, signal = new AbortController().signal) => {
    await using open = openRun({ dryRun: false, report: () => undefined, signal, redactor });
    return await runPipeline(build, open.options, input);
  };

  beforeAll(async () => {
    shop = await startWorkshop();
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("two concurrent builds keep their secrets of the same name apart", async () => {
    const names = ["acme/one", "acme/two"];
    const secrets = ["first-canary", "second-canary"].map((value) => ({ KEY: secretValue(value, "KEY", redactor) }));
    const commits = await Promise.all(names.map((name) => shop.createRepository(name, { Dockerfile: withSecret(name) })));
    const built = await Promise.all(
      names.map((name, index) => run({ repository: shop.url(name), image: `${shop.registry.host}/${name}:1`, secrets: secrets[index] })),
    );
    expect(built.map(({ commit }) => commit)).toEqual(commits);
    const used = await Promise.all(
      names.map(async (name) => {
        const { content = [] } = (await readPublished(shop.registry, name, "1")) ?? {};
        return ["first-canary", "second-canary"].filter((value) => content.some((bytes) => bytes.includes(octets(value))));
      }),
    );
    expect(used).toEqual([["first-canary"], ["second-canary"]]);
  });

  test("a build that is stopped ends as canceled, and the engine goes on", async () => {
    const stop = new AbortController();
    await using slow = await startProxy(shop.registry.host, {
      onRequest({ url = "" }) {
        if (!url.includes("/v2/base/")) return undefined;
        stop.abort();
        return new Promise(() => undefined); // never: the build waits for its base image
      },
    });
    await shop.createRepository("acme/slow", { Dockerfile: `FROM ${slow.host}/base:1\n` });
    await shop.createRepository("acme/next", { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const image = (name: string): string => `${shop.registry.host}/acme/${name}:1`;
    const failure = await run({ repository: shop.url("acme/slow"), image: image("slow") }, stop.signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FairleadError);
    expect(failure).toMatchObject({ code: "canceled" });
    expect(await readPublished(shop.registry, "acme/slow", "1")).toBeUndefined();
    expect(await run({ repository: shop.url("acme/next"), image: image("next") })).toMatchObject({ tags: ["1"] });
  });

  test("a private base image is read with the image's login, and with no other of this machine", async () => {
    await using registry = await startRegistry({ users: { ann: "p$ss-canary" } });
    await shop.createRepository("acme/base", { Dockerfile: "FROM scratch\nCOPY Dockerfile /from-base\n" });
    await shop.createRepository("acme/app", { Dockerfile: `FROM ${registry.host}/base:1\nCOPY busybox /busybox\n` });
    const login = ["--registry-username", "ann", "--registry-password", "env:PASSWORD"];
    const secret = { PASSWORD: "p$ss-canary" };
    await shop.build([shop.url("acme/base"), "--image", `${registry.host}/base:1`, ...login], secret);
    const { digest } = await shop.build([shop.url("acme/app"), "--image", `${registry.host}/app:1`, ...login], secret);
    expect(digest).toMatch(/^sha256:/);

    const folder = await mkdtemp(join(tmpdir(), "fairlead-docker-config-"));
    const auths = { [registry.host]: { auth: Buffer.from("ann:p$ss-canary").toString("base64") } };
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths }));
    const elsewhere = [shop.url("acme/app"), "--image", `${shop.registry.host}/acme/app:1`];
    const { code, stderr } = await shop.failedBuild(elsewhere, { DOCKER_CONFIG: folder });
    await rm(folder, { recursive: true });
    expect({
      code,
      said: /^fairlead: .*$/m
        .exec(stderr)?.[0]
        .replaceAll(shop.git.host, "GIT")
        .replaceAll(registry.host, "REGISTRY")
        .replace(/@[0-9a-f]{12}/, "@COMMIT"),
    }).toMatchInlineSnapshot(`
      {
        "code": 3,
        "said": "fairlead: build GIT/acme/app@COMMIT: REGISTRY answered 401 Unauthorized",
      }
    `);
  });

  test("a wrong password fails before anything is built", async () => {
    await using registry = await startRegistry({ users: { ann: "right" } });
    await shop.createRepository("acme/login", { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const args = [shop.url("acme/login"), "--image", `${registry.host}/app:1`, ...noEngine];
    const fail = async (...more: readonly string[]) => {
      const { code, stderr } = await shop.failedBuild([...args, ...more], { PASSWORD: "wrong-canary" });
      return `${code} ${/^fairlead: .*$/m.exec(stderr)?.[0].replaceAll(registry.host, "REGISTRY")}`;
    };
    expect([
      await fail(),
      await fail("--registry-username", "ann", "--registry-password", "env:PASSWORD"),
      await fail("--registry-password", "env:PASSWORD"),
    ]).toMatchInlineSnapshot(`
      [
        "3 fairlead: read REGISTRY/app:1: REGISTRY wants a login (UNAUTHORIZED: authentication required)",
        "3 fairlead: read REGISTRY/app:1: REGISTRY refused the login (UNAUTHORIZED: authentication required)",
        "2 fairlead: log in to REGISTRY: the password has no user name",
      ]
    `);
  });
});
