/** What the engine leaves out of an image's configuration, as crane reads and judges it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { runTool, toolsAreThere } from "../tools.ts";
import { readPublished } from "./published.ts";
import { noEngine, startWorkshop, type Workshop } from "./workshop.ts";

const busybox = "FROM scratch\nCOPY busybox /bin/busybox\n";
const check = { Test: ["CMD", "/bin/busybox", "true"], Interval: 5_000_000_000 };

describe.runIf(toolsAreThere)("fairlead build keeps what the engine leaves out", () => {
  let shop: Workshop;
  let elsewhere: Registry;
  const image = (tag: string): string => `${shop.registry.host}/acme/app:${tag}`;
  const build = (tag: string, ...args: readonly string[]) => shop.build([shop.url("acme/app"), "--image", image(tag), ...args]);
  interface Configuration {
    readonly variant?: string;
    readonly config: Readonly<Record<string, unknown>> & { readonly Labels: Readonly<Record<string, string>> };
  }
  const configurationOf = async (tag: string, ...args: readonly string[]): Promise<Configuration> =>
    JSON.parse(await runTool("crane", "config", ...args, image(tag))) as Configuration;

  beforeAll(async () => {
    shop = await startWorkshop();
    elsewhere = await startRegistry();
    await shop.createRepository("acme/app", {
      "own.Dockerfile": `${busybox}HEALTHCHECK --interval=5s CMD ["/bin/busybox","true"]\nONBUILD COPY . /later\nSHELL ["/bin/busybox","sh","-c"]\n`,
      "based.Dockerfile": `ARG HOST\nFROM \${HOST}/acme/app:own\nLABEL mine=true\n`,
      "plain.Dockerfile": busybox,
    });
  });
  afterAll(async () => {
    await elsewhere.stop();
    await shop[Symbol.asyncDispose]();
  });

  test("HEALTHCHECK, ONBUILD and SHELL of a Dockerfile, and of its base image, are in the configuration, before the first tag is given", async () => {
    const { digest } = await build("own", "--dockerfile", "own.Dockerfile");
    const own = await configurationOf("own");
    expect(own.config).toMatchObject({ Healthcheck: check, OnBuild: ["COPY . /later"], Shell: ["/bin/busybox", "sh", "-c"] });
    expect(own.config.Labels["dev.fairlead.build"]).toMatch(/^[0-9a-f]{64}$/);
    expect((await readPublished(shop.registry, "acme/app", "own"))?.digest).toBe(digest);
    await runTool("crane", "validate", "--remote", image("own"));
    // the second run finds the build by its label
    expect((await build("own", "--dockerfile", "own.Dockerfile", ...noEngine)).digest).toBe(digest);

    await build("based", "--dockerfile", "based.Dockerfile", "--build-arg", `HOST=${shop.registry.host}`);
    const { config } = await configurationOf("based");
    expect({ ...config, Labels: config.Labels.mine }).toMatchObject({
      Healthcheck: check,
      Shell: ["/bin/busybox", "sh", "-c"],
      Labels: "true",
    });
    expect(config.OnBuild).toBeUndefined();
  });

  test("a base image that nobody may read for us is named in a warning", async () => {
    await runTool("crane", "copy", image("own"), `${elsewhere.host}/acme/app:own`);
    const { stderr } = await build("foreign", "--dockerfile", "based.Dockerfile", "--build-arg", `HOST=${elsewhere.host}`);
    const said = `HEALTHCHECK, ONBUILD and SHELL of the base image ${elsewhere.host}/acme/app:own are not kept: `;
    expect(stderr.split(said)).toHaveLength(2);
  });

  test.each([
    [["linux/arm/v6"], ["v6"]],
    [["linux/amd64/v2"], ["v2"]],
    [
      ["linux/amd64", "linux/aarch64", "linux/arm/v7"],
      [undefined, undefined, "v7"],
    ],
  ])("the configurations for %j have the variants %j, and crane finds them valid", async (platforms, variants) => {
    const tag = platforms.join("-").replaceAll("/", ".");
    await build(tag, "--dockerfile", "plain.Dockerfile", ...platforms.flatMap((each) => ["--platform", each]));
    await runTool("crane", "validate", "--remote", image(tag));
    const found = platforms.map(async (each) => (await configurationOf(tag, "--platform", each.replace("aarch64", "arm64"))).variant);
    expect(await Promise.all(found)).toEqual(variants);
  });

  test("an unknown platform is refused before anything is built", async () => {
    const { code, stderr } = await fairlead([
      "build",
      shop.url("acme/app"),
      "--image",
      image("no"),
      "--platform",
      "linux/amd46",
      ...noEngine,
    ]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'fairlead: build: --platform: "linux/amd46" is not a platform such as linux/amd64\n' +
        "hint: write OS/ARCHITECTURE, such as linux/amd64 or linux/arm64\n",
    });
  });
});
