import { globSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { argumentsOf, type Argument } from "../scripts/generate/function.ts";
import { functionName } from "../scripts/generate/names.ts";
import { FairleadError } from "../src/core/errors.ts";
import { readServers, serverFields, type ServerNames } from "../src/module/servers.ts";
import { valueFunctions } from "../src/module/values.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { argumentsIn, byName, scan, type Scanned, type ScannedObject } from "./scan.ts";

const dryRun: Argument = {
  name: "dryRun",
  sentence: "return the plan, and change nothing",
  type: "boolean",
  required: false,
  default: false,
};
let scanned: Scanned;
let module: ScannedObject;

beforeAll(async () => {
  scanned = await scan(globSync("src/src/*.ts"));
  module = scanned.objects.Fairlead!;
});

test("the module has a function for each value and each pipeline, and no other", () => {
  const names = [...valueFunctions, ...pipelines].map(({ name }) => functionName(name));
  expect(Object.keys(module.methods).sort()).toEqual(names.sort());
});

test("the module says what it is", () => {
  expect(scanned.description).toMatch(/^Typed pipelines that take a commit to a running release/);
  expect(module.description).toBe("Functions that make values, and one for each pipeline.");
});

test.each(pipelines)("$name is never cached, and says what its schema says", ({ name, summary, input }) => {
  const { description, cache, ...read } = module.methods[functionName(name)]!;
  expect({ description, cache }).toEqual({ description: summary, cache: "never" });
  // Dagger's command line takes what is in back quotes for the type of the flag, so the generator writes apostrophes
  const wanted = argumentsOf(name, input).map((each) => ({ ...each, sentence: each.sentence.replaceAll("`", "'") }));
  expect(argumentsIn(read)).toEqual(byName([...wanted, dryRun]));
});

test.each(valueFunctions)(
  "$name makes a value, is cached unless it looks a name up, and says what its schema says",
  ({ name, summary, input }) => {
    const { description, cache, ...read } = module.methods[name]!;
    expect({ description, cache }).toEqual({ description: summary, cache: name === "clone" ? "never" : undefined });
    expect(argumentsIn(read)).toEqual(byName(argumentsOf(name, input)));
  },
);

test("Dagger reads each type of a result as it is generated: no other type of the module has its name", () => {
  const source = readFileSync("src/src/results.gen.ts", "utf8");
  const generated = [...source.matchAll(/^export type (\w+) = {\n([^]*?)^}/gm)].map(([, name, body]) => {
    return [name!, [...body!.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field!)] as const;
  });
  const read = generated.map(([name]) => [name, Object.keys(scanned.objects[name]?.properties ?? {})]);
  expect(read).toEqual(generated);
  expect(generated.length).toBeGreaterThan(pipelines.length);
});

test("the constructor is told of servers that a container cannot know", () => {
  expect(argumentsIn(module._constructor!)).toEqual(byName(argumentsOf("settings", serverFields)));
  expect(Object.keys(serverFields.shape)).toEqual(["githubUrl", "githubApiUrl", "slackApiUrl", "plainHttp"]);
});

const none = { plainHttp: [] as readonly string[] };

test("the constructor's arguments are the settings of each kind of adapter that are URLs", () => {
  const named = { githubUrl: "https://github.acme.com/", githubApiUrl: "https://api.acme.com/v3/", plainHttp: ["10.87.0.1:8080"] };
  expect(readServers(named)).toEqual({
    settings: { github: { url: "https://github.acme.com/", api: "https://api.acme.com/v3/" } },
    plainHttp: ["10.87.0.1:8080"],
  });
  const slackApiUrl = "http://10.87.0.1:8080/api/";
  expect(readServers({ ...named, slackApiUrl } as ServerNames).settings).toMatchObject({ slack: { api: slackApiUrl } });
  expect(readServers(none)).toEqual({ settings: {}, plainHttp: [] });
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
