import { afterAll, beforeAll, expect, test } from "vitest";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

let shop: Workshop;
beforeAll(async () => {
  shop = await startWorkshop();
  const rest = "FROM scratch\nCOPY busybox /busybox\n";
  await shop.createRepository("acme/app", {
    "gone.Dockerfile": `# syntax=${shop.registry.host}/front/end:1\n${rest}`,
    "closed.Dockerfile": `# check=skip=all\n# Syntax = 127.0.0.1:1/front/end:1\n${rest}`,
    "base.Dockerfile": "FROM 127.0.0.1:1/some/base:1\n",
    "copy.Dockerfile": `${rest}COPY --from=127.0.0.1:1/some/files:1 /a /b\n`,
  });
});
afterAll(() => shop[Symbol.asyncDispose]());

test("a frontend that cannot be fetched is named with # syntax=, and no other image is taken for one", async () => {
  const fail = async (file: string): Promise<string> => {
    const args = [shop.url("acme/app"), "--image", `${shop.registry.host}/acme/app:x`, "--dockerfile", `${file}.Dockerfile`];
    const { code, stderr } = await shop.failedBuild(args);
    const said = stderr.slice(stderr.search(/^fairlead: /m)).replaceAll(shop.registry.host, "REGISTRY");
    return `${code} ${said.replace(/build \S+: /, "build …: ").trimEnd()}`;
  };
  expect([await fail("gone"), await fail("closed"), await fail("base"), await fail("copy")]).toMatchInlineSnapshot(`
    [
      "4 fairlead: build …: # syntax=REGISTRY/front/end:1: there is no image REGISTRY/front/end:1
    hint: leave the line out if the Dockerfile needs nothing of it, or let the engine reach its registry",
      "75 fairlead: build …: # syntax=127.0.0.1:1/front/end:1: 127.0.0.1:1: connection refused
    hint: leave the line out if the Dockerfile needs nothing of it, or let the engine reach its registry",
      "75 fairlead: build …: 127.0.0.1:1: connection refused
    hint: run it again later; if that does not help, check that this machine can reach it",
      "75 fairlead: build …: 127.0.0.1:1: connection refused
    hint: run it again later; if that does not help, check that this machine can reach it",
    ]
  `);
});

test("a Dockerfile of FROM scratch alone makes an image without layers, and a second run finds it", async () => {
  await shop.createRepository("acme/empty", { Dockerfile: "FROM scratch\n" });
  const args = [shop.url("acme/empty"), "--image", `${shop.registry.host}/acme/empty:1`] as const;
  const first = await shop.build(args);
  expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect((await shop.build([...args, ...noEngine])).digest).toBe(first.digest);
});
