import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FairleadError } from "../src/core/errors.ts";
import { cloneInput, imageInput } from "../src/module/functions.ts";
import { readServers } from "../src/module/servers.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { argumentsOf, functionName, functionSource, pipelineArguments, type Spelled } from "./module-source.ts";

/** What Dagger's own introspection says of an argument, a function and a class. */
interface Argument {
  readonly name: string;
  readonly description: string;
  readonly type: { readonly kind: string; readonly name?: string; readonly typeDef?: { readonly kind: string; readonly name?: string } };
  readonly isOptional: boolean;
  readonly defaultValue?: unknown;
}
interface DaggerFunction {
  readonly description: string;
  readonly cache?: string;
  readonly arguments: Readonly<Record<string, Argument>>;
}
interface DaggerObject {
  readonly _constructor: Pick<DaggerFunction, "arguments">;
  readonly methods: Readonly<Record<string, DaggerFunction>>;
}

let module: DaggerObject;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-module-"));
  const client = join(folder, "client.gen.ts");
  await copyFile("node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts", client);
  const introspector = "../node_modules/@dagger.io/dagger/dist/src/module/introspector/index.js";
  const sdk = (await import(introspector)) as {
    scan(files: string[], name: string, load: boolean): Promise<{ objects: Record<string, DaggerObject> }>;
  };
  module = (await sdk.scan([...globSync("src/**/*.ts"), client], "fairlead", false)).objects.Fairlead!;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(pipelines)("there is a function for $name", (pipeline) => {
  const name = functionName(pipeline.name);
  expect(Object.keys(module.methods), `src/index.ts lacks ${name}: it is\n${functionSource(pipeline)}`).toContain(name);
});

test("there are two functions that make values, and none but for these and the pipelines", () => {
  expect(Object.keys(module.methods).sort()).toEqual(["clone", "image", ...pipelines.map(({ name }) => functionName(name))].sort());
});

test.each(pipelines)("$name is never cached, and says what its schema says", (pipeline) => {
  const { description, cache, arguments: given } = module.methods[functionName(pipeline.name)]!;
  expect({ description, cache }).toEqual({ description: pipeline.summary, cache: "never" });
  const should = `in src/index.ts it should be\n${functionSource(pipeline)}`;
  expect(spelled(given), should).toEqual([...pipelineArguments(pipeline)].sort(byName));
});

test.each([
  ["clone", cloneInput],
  ["image", imageInput],
])("%s makes a value, so Dagger may cache it, and says what its schema says", (name, schema) => {
  const { cache, arguments: given } = module.methods[name]!;
  expect(cache).toBeUndefined();
  expect(spelled(given)).toEqual([...argumentsOf(schema)].sort(byName));
});

test("the constructor is told of servers that a container cannot know", () => {
  expect(spelled(module._constructor.arguments).map(({ name, type, required }) => [name, type, required])).toEqual([
    ["githubApiUrl", "string", false],
    ["githubUrl", "string", false],
    ["plainHttp", "string[]", false],
    ["slackApiUrl", "string", false],
  ]);
  expect(spelled(module._constructor.arguments).filter(({ description }) => description === "")).toEqual([]);
});

const none = { githubUrl: undefined, githubApiUrl: undefined, slackApiUrl: undefined, plainHttp: [] };

test("a GitHub of one's own is known by its URL, and its API is below it", () => {
  expect(readServers({ ...none, githubUrl: "https://github.acme.com/" }).github).toEqual({ host: "github.acme.com", api: undefined });
  const apart = { ...none, githubUrl: "https://github.acme.com", githubApiUrl: "https://api.acme.com/v3/" };
  expect(readServers(apart).github).toEqual({ host: "github.acme.com", api: "https://api.acme.com/v3" });
  const plain = { ...none, githubUrl: "http://10.87.0.1:8080", plainHttp: ["10.87.0.1:8080"] };
  expect(readServers(plain)).toEqual({
    github: { host: "10.87.0.1:8080", api: "http://10.87.0.1:8080/api/v3" },
    slackApi: undefined,
    plainHttp: ["10.87.0.1:8080"],
  });
});

test.each([
  [{ githubUrl: "github" }, "read githubUrl: it is no URL of a server", "give one such as https://github.example.com"],
  [
    { githubUrl: "https://me:token@github.acme.com" },
    "read githubUrl: it is no URL of a server",
    "give one such as https://github.example.com",
  ],
  [{ githubApiUrl: "https://api.acme.com" }, "read githubApiUrl: there is no githubUrl that it belongs to", "give --github-url as well"],
  [
    { slackApiUrl: "http://slack.acme.com/api/" },
    "read slackApiUrl: plain HTTP to slack.acme.com is not allowed",
    "use https, or allow it with --plain-http slack.acme.com",
  ],
])("a server is not taken from %o", (names, message, hint) => {
  expect(() => readServers({ ...none, ...names })).toThrow(new FairleadError("input", message, { hint }));
});

function spelled(given: Readonly<Record<string, Argument>>): readonly Spelled[] {
  const one = (each: { kind: string; name?: string }): string => each.name ?? each.kind.replace("_KIND", "").toLowerCase();
  return Object.values(given)
    .map(({ name, description, type, isOptional, defaultValue }) => ({
      name,
      description,
      type: type.typeDef === undefined ? one(type) : `${one(type.typeDef)}[]`,
      required: !isOptional && defaultValue === undefined,
      fallback: defaultValue,
    }))
    .sort(byName);
}

function byName(a: Spelled, b: Spelled): number {
  return a.name.localeCompare(b.name);
}
