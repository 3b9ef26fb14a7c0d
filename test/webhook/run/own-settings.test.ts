/** What a repository says of itself in the file of its default branch, read from the double of GitHub. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { FairleadError } from "../../../src/core/errors.ts";
import type { Event } from "../../../src/core/event.ts";
import { parseRepository } from "../../../src/core/git/repository.ts";
import { definePipeline, runPipeline } from "../../../src/core/run/pipeline.ts";
import { createRedactor } from "../../../src/core/secret.ts";
import { build } from "../../../src/pipelines/build.ts";
import { secretValue } from "../../../src/secrets.ts";
import { readSettings } from "../../../src/steps/read-settings.ts";
import { openRun } from "../../../src/wire.ts";
import { ownInput } from "../../../webhook/run/own-settings.ts";
import { startGitHub, type GitHub } from "../../doubles/github.ts";

const token = "ghp_canary0123456789";
const listed = ["dockerfile", "context", "platforms", "buildArgs"];
let github: GitHub;
beforeAll(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "acme-bot" } } });
});
afterAll(async () => {
  expect([github.unknown, github.violations]).toEqual([[], []]);
  await github[Symbol.asyncDispose]();
});

let count = 0;
/** Makes a repository whose default branch has these files; returns its name. */
async function repositoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const name = `acme/app-${(count += 1)}`;
  await github.createRepository(name, { files: { "README.md": "An app.\n", ...files } });
  return name;
}

/** Returns the input of a build of a repository, or why nothing is done, or the error. */
async function settle(name: string, event: Partial<Event> = {}): Promise<unknown> {
  const repository = `${github.url}/${name}`;
  const given = { repository, image: "registry.example.com/acme/app", buildArgs: ["OF=route"], dockerfile: "Dockerfile" };
  const push = {
    source: "hub",
    delivery: "1",
    kind: "push",
    repository: `${github.host}/${name}`,
    branch: "topic",
    commit: "0".repeat(40),
    before: null,
  };
  let settled: unknown;
  const pipeline = definePipeline({
    ...{ name: "looks", summary: "Look", examples: [], runs: "their code", input: build.input, output: z.null(), steps: [readSettings] },
    async run(ctx, input) {
      const asked = {
        listed,
        given,
        event: { ...push, ...event } as Event,
        repositoryAt: () => parseRepository(repository),
        servers: { plainHttp: [] },
      };
      const own = await ownInput(ctx, build, input, asked);
      settled = "input" in own ? pick(own.input) : own.reason;
      return null;
    },
  });
  const redactor = createRedactor();
  await using run = openRun({
    ...{ dryRun: false, report: () => undefined, signal: new AbortController().signal, redactor },
    servers: { settings: { github: { url: github.url, api: github.apiUrl } } },
    credentials: [{ for: github.host, kind: "token", secret: secretValue(token, "token", redactor) }],
  });
  await runPipeline(pipeline, run.options, given).catch((error: unknown) => {
    if (!(error instanceof FairleadError)) throw error;
    settled = `${error.code}: ${error.message.replaceAll(github.host, "HOST")}`;
  });
  return typeof settled === "string" ? settled.replaceAll(github.host, "HOST") : settled;
}

const pick = ({ dockerfile, context, platforms, buildArgs, image }: z.output<typeof build.input>): object => ({
  ...{ dockerfile, context, platforms, buildArgs, repository: image.repository },
});

test("a repository sets the fields that its route lists, and the route all others", async () => {
  const file =
    "# how we are built\ndockerfile: docker/Dockerfile\ncontext: services/api\nplatforms: [linux/arm64]\nbuildArgs: { A: '1', B: x=y }\n";
  expect(await settle(await repositoryOf({ ".fairlead.yaml": file }))).toEqual({
    ...{ dockerfile: "docker/Dockerfile", context: "services/api", platforms: ["linux/arm64"], repository: "acme/app" },
    buildArgs: { A: "1", B: "x=y" },
  });
});

test.each([
  ["empty", ""],
  ["only a comment", "# on\n"],
  ["only the version", "version: 1\n"],
])("a repository whose file is %s is switched on, and sets nothing", async (_what, file) => {
  expect(await settle(await repositoryOf({ ".fairlead.yaml": file }))).toEqual({
    ...{ dockerfile: "Dockerfile", context: "", platforms: [], repository: "acme/app", buildArgs: { OF: "route" } },
  });
});

test("a repository without the file is not switched on, and neither is one that has it in a folder or under another name", async () => {
  const none = await repositoryOf({});
  expect(await settle(none)).toBe(`HOST/${none} has no .fairlead.yaml on main: it is not switched on`);
  const elsewhere = await repositoryOf({ ".fairlead.yaml/README.md": "", "x/.fairlead.yaml": "", ".fairlead.yml": "" });
  expect(await settle(elsewhere)).toBe(`HOST/${elsewhere} has no .fairlead.yaml on main: it is not switched on`);
});

test("a repository that is not shown to the credential is not switched on", async () => {
  expect(await settle("acme/unknown")).toBe("the App is not installed in HOST/acme/unknown, or it is empty");
});

test("a branch has no say, whoever pushed it: the file of the default branch counts", async () => {
  const name = await repositoryOf({ ".fairlead.yaml": "dockerfile: main\n" });
  const commit = await github.commit(name, { branch: "topic", message: "x", files: { ".fairlead.yaml": "dockerfile: topic\n" } });
  expect(await settle(name, { branch: "topic", commit })).toMatchObject({ dockerfile: "main" });
  const pull = { kind: "pull-request", number: 1, action: "opened", branch: "topic", commit, base: "main", fork: true } as const;
  expect(await settle(name, pull as Partial<Event>)).toMatchObject({ dockerfile: "main" });
});

test("a push to the default branch is built by the file of its own commit", async () => {
  const name = await repositoryOf({ ".fairlead.yaml": "dockerfile: first\n" });
  const commit = await github.commit(name, { branch: "main", message: "x", files: { ".fairlead.yaml": "dockerfile: second\n" } });
  await github.commit(name, { branch: "main", message: "y", files: { ".fairlead.yaml": "dockerfile: third\n" } });
  expect(await settle(name, { branch: "main", commit })).toMatchObject({ dockerfile: "second" });
});

test.each([
  ["a field that the route does not list", "dockerfile: a\nimage: evil.example/x\n", "2:1 image: there is no such field"],
  ["a mistyped field", "dockerfil: a\n", '1:1 dockerfil: there is no such field; did you mean "dockerfile"?'],
  ["a secret", "secrets: { TOKEN: env:GIT_TOKEN }\n", "1:1 secrets: there is no such field"],
  ["a value of another type", "platforms: linux/arm64\n", "1:12 platforms: expected list"],
  ["a path out of the repository", "platforms: [linux/arm64]\ncontext: ../..\n", '2:10 context: "../.." leads out of the repository'],
  ["a version that there is not", "version: 2\n", "1:10 version: expected 1"],
  ["two documents", "dockerfile: a\n---\ndockerfile: b\n", "2:1 a second document begins here: keep one"],
  ["a list in place of a mapping", "- dockerfile\n", "1:1 expected mapping"],
  [
    "aliases that repeat too much",
    "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n",
    "1:1 its aliases repeat too much",
  ],
  [
    "an expression, which is only text here",
    "buildArgs: { A: '${{ event.commit }}' }\nplatforms: ['${{ event.commit }}']\n",
    '2:13 platforms[0]: "${{ event.commit }}" is not a platform such as linux/arm64; write OS/ARCHITECTURE, such as linux/amd64 or linux/arm64',
  ],
])("a file with %s is refused with its line and column", async (_what, file, problem) => {
  const name = await repositoryOf({ ".fairlead.yaml": file });
  expect(await settle(name)).toBe(`input: HOST/${name}/.fairlead.yaml:${problem}`);
});

test("a file that is no YAML, or nothing but brackets, is refused with its line and column", async () => {
  for (const file of ["dockerfile: [\n", "[".repeat(60_000)])
    expect(await settle(await repositoryOf({ ".fairlead.yaml": file }))).toMatch(/^input: HOST\/acme\/app-\d+\/\.fairlead\.yaml:\d+:\d+ /);
});

test("a file of more than 64 KiB is refused, and one of exactly as much is read", async () => {
  const ofSize = (bytes: number): string => `dockerfile: a\n#${"x".repeat(bytes - 15)}`;
  expect(await settle(await repositoryOf({ ".fairlead.yaml": ofSize(65_536) }))).toMatchObject({ dockerfile: "a" });
  expect(await settle(await repositoryOf({ ".fairlead.yaml": ofSize(65_537) }))).toMatch(
    /input: .*\.fairlead\.yaml: it is longer than 64 KiB$/,
  );
});
