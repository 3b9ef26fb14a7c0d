/**
 * Makes `test/fixtures/github-webhooks.json`: the part of GitHub's own description of its webhooks to which the saved deliveries of GitHub are held. Run by
 * `npm run webhook-schemas`; the result is committed, since the package that it comes from has 36 MB unpacked.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const source = "@octokit/openapi-webhooks@12.1.0";
const target = new URL("../test/fixtures/github-webhooks.json", import.meta.url);

/** The deliveries of which there are saved ones: `X-GitHub-Event` and, of most, the action. */
const webhooks = [
  "check-run-completed",
  "check-run-created",
  "deployment-created",
  "deployment-status-created",
  "installation-created",
  "installation-deleted",
  "installation-new-permissions-accepted",
  "installation-repositories-added",
  "installation-repositories-removed",
  "installation-suspend",
  "installation-unsuspend",
  "issue-comment-created",
  "release-published",
  "status",
  "workflow-run-completed",
  "workflow-run-in-progress",
  "workflow-run-requested",
] as const;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = Readonly<Record<string, Json>>;
interface Description {
  readonly info: { readonly version: string };
  readonly webhooks: Readonly<Record<string, Json>>;
  readonly components: { readonly schemas: Fields };
}

/** Words that only explain. A property may bear such a name, so they are dropped from schemas and never from `properties`. */
const prose = new Set(["description", "summary", "example", "examples", "externalDocs", "title", "deprecated", "default", "discriminator"]);

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Strips prose from a schema, which is JSON Schema otherwise: the description is OpenAPI 3.1. */
function strip(value: Json, inProperties = false): Json {
  if (Array.isArray(value)) return value.map((item: Json) => strip(item));
  if (!isFields(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => inProperties || !(prose.has(key) || key.startsWith("x-")))
    .map(([key, item]) => [key, key === "enum" ? item : strip(item, !inProperties && key === "properties")] as const);
  return Object.fromEntries(kept);
}

function schemaOf({ webhooks: all }: Description, name: string): string {
  const [, ref] = /"requestBody":.*?"\$ref":"#\/components\/schemas\/([^"]+)"/.exec(JSON.stringify(all[name] ?? null)) ?? [];
  if (ref === undefined) throw new Error(`read ${source}: no webhook ${name}`);
  return ref;
}

/** Every schema that can be reached from these, by name. */
function reachable({ components: { schemas } }: Description, names: readonly string[]): Fields {
  const found = new Map<string, Json>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const schema = strip(schemas[name] ?? null);
    found.set(name, schema);
    waiting.push(...[...JSON.stringify(schema).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(([, ref]) => ref!));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b, "en")));
}

/** One line for each entry: small, and a change shows in a diff. */
function print(entries: Fields): string {
  return Object.entries(entries)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(",\n");
}

async function download(folder: string): Promise<Description> {
  const run = promisify(execFile);
  await run("npm", ["pack", source, "--silent"], { cwd: folder });
  const file = "package/generated/api.github.com.json";
  await run("sh", ["-c", `tar -xzf *.tgz ${file}`], { cwd: folder });
  return JSON.parse(await readFile(join(folder, file), "utf8")) as Description;
}

const folder = await mkdtemp(join(tmpdir(), "fairlead-webhooks-"));
try {
  const description = await download(folder);
  const roots = Object.fromEntries(webhooks.map((name) => [name, { $ref: `#/components/schemas/${schemaOf(description, name)}` }]));
  const schemas = reachable(description, webhooks.map((name) => schemaOf(description, name))); // prettier-ignore
  const info = JSON.stringify({
    title: "GitHub's webhooks, the part that is tested",
    version: description.info.version,
    "x-source": source,
  });
  await writeFile(target, `{"info":${info},\n"webhooks":{\n${print(roots)}\n},"components":{"schemas":{\n${print(schemas)}\n}}}\n`);
} finally {
  await rm(folder, { recursive: true });
}
