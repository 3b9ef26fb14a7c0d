import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@dagger.io/dagger";
import { connect } from "dagger-0.19";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { platformContainers } from "../src/dagger/image.ts";
import { openTree } from "../src/dagger/clone.ts";
import { startEngine } from "../src/dagger/engine/native.ts";
import {
  cloneRepository,
  createRedactor,
  definePipeline,
  image,
  imageOf,
  openRun,
  pushStep,
  repository,
  runPipeline,
  unchanged,
  type ReportEntry,
  type Step,
} from "../src/library.ts";
import { readPublished } from "./pipelines/published.ts";
import { startWorkshop, type Workshop } from "./pipelines/workshop.ts";

/** A step of its own: it writes a file that names the built images. */
const record: Step<{ file: string; lines: readonly string[] }, { file: string }> = {
  name: "record",
  needs: [],
  key: ({ file, lines }) => `${file} ${lines.join(" ")}`,
  async plan(_ctx, { file, lines }) {
    const text = `${lines.join("\n")}\n`;
    const from = await readFile(file, "utf8").catch(() => undefined);
    if (from === text) return unchanged({ file });
    return {
      changes: [{ target: file, action: from === undefined ? "create" : "update" }],
      warnings: [],
      expected: { file },
      async apply() {
        await writeFile(file, text);
        return { file };
      },
    };
  },
};

/** A pipeline of its own: all images of one repository, in parallel. */
const buildParts = definePipeline({
  name: "build-parts",
  summary: "Build every part of a repository",
  examples: ["build-parts https://github.com/acme/parts"],
  output: z.object({ images: z.array(z.string()) }),
  runs: "their code",
  input: z.object({ repository: repository(), image: image(), parts: z.array(z.string()), file: z.string() }),
  steps: [pushStep, record],
  async run(ctx, { repository, image, parts, file }) {
    const source = await cloneRepository(ctx, repository, "main");
    const buildPart = async (context: string): Promise<string> => {
      const made = imageOf(source, { context, dockerfile: "Dockerfile", target: undefined, buildArgs: {}, platforms: [] }, {}, "1");
      const named = { registry: image.registry, repository: `${image.repository}/${context}` };
      const { result } = await ctx.run(pushStep, { image: named, tags: ["1"], build: made, rebuild: false });
      return result.image;
    };
    const images = await ctx.all(parts.map(buildPart));
    await ctx.run(record, { file, lines: images });
    return { images };
  },
});

describe("a program that imports the library", () => {
  let shop: Workshop;
  let folder: string;
  let commit: string;

  beforeAll(async () => {
    shop = await startWorkshop();
    folder = await mkdtemp(join(tmpdir(), "fairlead-library-"));
    const part = (name: string) => ({ [`${name}/Dockerfile`]: "FROM scratch\nCOPY name /name\n", [`${name}/name`]: `this is ${name}\n` });
    commit = await shop.createRepository("acme/parts", { ...part("api"), ...part("web") });
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await shop[Symbol.asyncDispose]();
  });

  test("a program defines a pipeline with its own step, plans it, and runs it twice", async () => {
    const file = join(folder, "images");
    const input = { repository: shop.url("acme/parts"), image: `${shop.registry.host}/acme`, parts: ["api", "web"], file };
    const run = async (dryRun: boolean) => {
      const entries: ReportEntry[] = [];
      const settings = { dryRun, report: (entry: ReportEntry) => void entries.push(entry), signal: new AbortController().signal };
      await using open = openRun({ ...settings, redactor: createRedactor() });
      const { images } = await runPipeline(buildParts, open.options, input);
      return { images, changed: entries.flatMap((entry) => (entry.type === "step-finished" && entry.changed ? [entry.step] : [])) };
    };
    const digests = () =>
      Promise.all(["api", "web"].map(async (part) => (await readPublished(shop.registry, `acme/${part}`, "1"))?.digest));
    const named = (all: readonly (string | undefined)[]) =>
      ["api", "web"].map((part, at) => `${shop.registry.host}/acme/${part}:1@${all[at]}`);

    const unknown = "sha256:(known after push)";
    expect(await run(true)).toEqual({ images: named([unknown, unknown]), changed: ["push", "push", "record"] });
    expect(await digests()).toEqual([undefined, undefined]);
    const images = named(await run(false).then(digests));
    expect(await readFile(file, "utf8")).toBe(`${images.join("\n")}\n`);
    expect(await run(false)).toEqual({ images, changed: [] });
  });

  test("a program may bring a client of the oldest supported engine", async () => {
    const { host, cli } = await startEngine({ report: () => undefined, signal: new AbortController().signal });
    const variables = { _EXPERIMENTAL_DAGGER_RUNNER_HOST: host, _EXPERIMENTAL_DAGGER_CLI_BIN: cli, DOCKER_CONFIG: folder };
    for (const [name, value] of Object.entries({ ...variables, DO_NOT_TRACK: "1", DAGGER_NO_UPDATE_CHECK: "1", DAGGER_NO_NAG: "1" }))
      vi.stubEnv(name, value);
    const target = `${shop.registry.host}/acme/old-client:1`;
    await connect(async (client) => {
      const dag = client as unknown as Client;
      const input = { context: "api", dockerfile: "Dockerfile", target: undefined, buildArgs: {}, platforms: [] };
      const [built] = platformContainers(openTree(dag, { url: shop.url("acme/parts") }, commit), input, []);
      expect(await built?.file("/name").contents()).toBe("this is api\n");
      await built?.publish(target);

      const source = {
        name: "parts",
        commit: undefined,
        prefix: "",
        directory: () => Promise.resolve(openTree(dag, { url: shop.url("acme/parts") }, "main")),
      };
      const [labelled] = await imageOf(source, { ...input, context: "web" }, {}, "1").containers(dag);
      expect(await labelled?.label("org.opencontainers.image.version")).toBe("1");
    });
    expect((await readPublished(shop.registry, "acme/old-client", "1"))?.manifests).toMatchObject([{ platform: "linux/amd64" }]);
  });
});
