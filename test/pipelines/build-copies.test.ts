import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { contentOf, tagsOf } from "./images.ts";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

describe("fairlead build --copy-to", () => {
  let shop: Workshop;
  let mirror: Registry;

  beforeAll(async () => {
    shop = await startWorkshop();
    mirror = await startRegistry();
    await shop.createRepository("acme/app", { Dockerfile: "FROM scratch\nCOPY hello.txt /hello.txt\n", "hello.txt": "hello\n" });
  });
  afterAll(async () => {
    await mirror.stop();
    await shop[Symbol.asyncDispose]();
  });

  test("build --copy-to puts one digest and the same tags into all repositories; a second run needs no engine", async () => {
    const platforms = ["--platform", "linux/amd64", "--platform", "linux/arm64"];
    const places = [
      { host: mirror.host, repository: "acme/app" },
      { host: shop.registry.host, repository: "mirrored/app" },
    ];
    const copyTo = places.flatMap(({ host, repository }) => ["--copy-to", `${host}/${repository}`]);
    const args = [shop.url("acme/app"), "--image", `${shop.registry.host}/acme/app:1.0.0`, "--tag", "latest", ...platforms, ...copyTo];
    const { stderr: _, ...built } = await shop.build(args);
    expect(built).toMatchObject({
      tags: ["1.0.0", "latest"],
      copies: places.map(({ host, repository }) => `${host}/${repository}:1.0.0@${built.digest}`),
    });
    const content = await contentOf({ host: shop.registry.host, repository: "acme/app" }, "1.0.0");
    for (const place of places) {
      expect(await contentOf(place, "1.0.0")).toEqual(content);
      expect(await contentOf(place, "latest")).toEqual(content);
    }
    const { stderr: __, ...again } = await shop.build([...args, ...noEngine]);
    expect(again).toEqual(built);
  });

  test("build --copy-to refuses a repository with a tag", async () => {
    const args = [shop.url("acme/app"), "--image", `${shop.registry.host}/acme/never:1.0.0`, "--copy-to", `${mirror.host}/acme/never:2`];
    const { code, stderr } = await shop.failedBuild([...args, ...noEngine]);
    expect({ code, said: stderr.replaceAll(mirror.host, "MIRROR") }).toEqual({
      code: 2,
      said: "fairlead: build: --copy-to: MIRROR/acme/never:2 is more than a repository: a copy gets the tags of the image\nhint: run fairlead build --help\n",
    });
    expect(await tagsOf({ host: mirror.host, repository: "acme/never" })).toEqual([]);
  });
});
