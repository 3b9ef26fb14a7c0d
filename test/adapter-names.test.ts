import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adapterKinds } from "../src/adapters.ts";

/** What must not know which adapters there are: it would have to be changed for each new one. */
const general = [
  ...["src/core/**/*.ts", "src/pipelines/**/*.ts", "src/steps/**/*.ts", "src/module/**/*.ts", "src/config/**/*.ts", "src/dagger/*.ts"],
  ...["src/adapters.ts", "src/config.ts", "src/environment.ts", "src/provider-git.ts", "src/secrets.ts", "src/wire.ts"],
  ...["webhook/config.ts", "webhook/config/**/*.ts", "webhook/run-process.ts", "webhook/run/**/*.ts", "webhook/worker/**/*.ts"],
];

/** `generic` is a word too. */
const names = adapterKinds.map(({ name }) => name).filter((name) => name !== "generic");
/** What belongs to one adapter without its name: providers, prefixes of tokens, user names, permissions. */
const others = ["aws", "docker\\.io", "ghs_", "xox[a-z]-", "x-access-token", "chat:write", "conversations\\."];
const word = new RegExp(`(?<![a-z])(${[...names.map((name) => name.replace("-", "[- ]?")), ...others].join("|")})(?![a-z])`, "i");

/** An example says which one it means: names of hosts, repositories and destinations, and addresses of pages. */
const examples =
  /https?:\/\/[^\s"'`)]+|\b(github|ghcr)(\.example)?\.(com|io)\b[\w./:@-]*|\b\d{12}\.dkr\.ecr\.[\w./-]+|\bslack:C0[A-Z0-9]+/g;

/** Files that may name one, and why. */
const allowed: Readonly<Record<string, string>> = {
  "src/core/image/image.ts": "the grammar of image references has docker.io in it: nginx is docker.io/library/nginx",
  "src/core/deploy/manifest/may-name.ts": "the same grammar, in manifests",
  "src/core/registry/repository-settings.ts": "the settings of a repository are in the words of ECR, the only API for them",
  "src/pipelines/create-repository.ts": "it takes these settings",
};

/** `slackToken` is two words. */
function namesOne(line: string): boolean {
  return word.test(line.replace(examples, "").replace(/([a-z])([A-Z])/g, "$1 $2"));
}

interface Hit {
  readonly file: string;
  readonly at: string;
}

function hits(): readonly Hit[] {
  // what is generated is made of the kinds
  const files = globSync(general).filter((file) => !file.endsWith(".gen.ts"));
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, index) => (namesOne(line) ? [{ file, at: `${file}:${index + 1}: ${line.trim()}` }] : [])),
  );
}

test("no file but an adapter's own names an adapter", () => {
  expect(hits().flatMap(({ file, at }) => (file in allowed ? [] : [at]))).toEqual([]);
});

test("each file that may name an adapter does", () => {
  const found = new Set(hits().map(({ file }) => file));
  expect(Object.keys(allowed).filter((file) => !found.has(file))).toEqual([]);
});

test("a name of an adapter is found in code and in comments, and an example is none", () => {
  const named = ['if (kind === "slack")', "// as Slack has it", "slackToken", "awsRole", "Docker Hub", "SLACK_API_URL", "isGithub"];
  expect(named.filter((line) => !namesOne(line))).toEqual([]);
  const free = ["such as ghcr.io/acme/app:1", "https://docs.github.com/rest", "such as slack:C0123456789", "lawsuit", "recreate"];
  expect(free.filter(namesOne)).toEqual([]);
});
