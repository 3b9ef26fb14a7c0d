/**
 * Makes `test/doubles/github-openapi.json`: the part of GitHub's own description of its API that the double of GitHub is
 * held to. Run by `npm run openapi`; the result is committed, since the package that it comes from has 385 MB unpacked.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const source = "@octokit/openapi@23.0.2";
const target = new URL("../test/doubles/github-openapi.json", import.meta.url);

/** What the double serves. */
const operations: Readonly<Record<string, readonly string[]>> = {
  "/app": ["get"],
  "/app-manifests/{code}/conversions": ["post"],
  "/app/hook/config": ["get", "patch"],
  "/app/installations": ["get"],
  "/app/installations/{installation_id}": ["get"],
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/installation/repositories": ["get"],
  "/meta": ["get"],
  "/orgs/{org}/artifacts/metadata/deployment-record": ["post"],
  "/orgs/{org}/artifacts/metadata/storage-record": ["post"],
  "/orgs/{org}/artifacts/{subject_digest}/metadata/deployment-records": ["get"],
  "/orgs/{org}/artifacts/{subject_digest}/metadata/storage-records": ["get"],
  "/orgs/{org}/installation": ["get"],
  "/orgs/{org}/teams/{team_slug}": ["get"],
  "/orgs/{org}/teams/{team_slug}/memberships/{username}": ["get"],
  "/rate_limit": ["get"],
  "/repos/{owner}/{repo}": ["get"],
  "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": ["get"],
  "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs": ["get"],
  "/repos/{owner}/{repo}/actions/runs": ["get"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}": ["get"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals": ["get"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": ["get"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}/cancel": ["post"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs": ["get"],
  "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments": ["get"],
  "/repos/{owner}/{repo}/actions/workflows/{workflow_id}": ["get"],
  "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": ["post"],
  "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": ["get"],
  "/repos/{owner}/{repo}/branches/{branch}": ["get"],
  "/repos/{owner}/{repo}/check-runs": ["post"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["get", "patch"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": ["get"],
  "/repos/{owner}/{repo}/collaborators/{username}/permission": ["get"],
  "/repos/{owner}/{repo}/commits": ["get"],
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/status": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/statuses": ["get"],
  "/repos/{owner}/{repo}/compare/{basehead}": ["get"],
  "/repos/{owner}/{repo}/contents/{path}": ["get"],
  "/repos/{owner}/{repo}/deployments": ["get", "post"],
  "/repos/{owner}/{repo}/deployments/{deployment_id}": ["get"],
  "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ["get", "post"],
  "/repos/{owner}/{repo}/dispatches": ["post"],
  "/repos/{owner}/{repo}/environments": ["get"],
  "/repos/{owner}/{repo}/environments/{environment_name}": ["get"],
  "/repos/{owner}/{repo}/git/blobs": ["post"],
  "/repos/{owner}/{repo}/git/blobs/{file_sha}": ["get"],
  "/repos/{owner}/{repo}/git/commits": ["post"],
  "/repos/{owner}/{repo}/git/commits/{commit_sha}": ["get"],
  "/repos/{owner}/{repo}/git/matching-refs/{ref}": ["get"],
  "/repos/{owner}/{repo}/git/ref/{ref}": ["get"],
  "/repos/{owner}/{repo}/git/refs": ["post"],
  "/repos/{owner}/{repo}/git/refs/{ref}": ["patch", "delete"],
  "/repos/{owner}/{repo}/git/tags/{tag_sha}": ["get"],
  "/repos/{owner}/{repo}/git/trees": ["post"],
  "/repos/{owner}/{repo}/git/trees/{tree_sha}": ["get"],
  "/repos/{owner}/{repo}/installation": ["get"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch", "delete"],
  "/repos/{owner}/{repo}/issues/{issue_number}": ["patch"],
  "/repos/{owner}/{repo}/issues/{issue_number}/assignees": ["post"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/issues/{issue_number}/labels": ["get", "post"],
  "/repos/{owner}/{repo}/milestones": ["get"],
  "/repos/{owner}/{repo}/pulls": ["get", "post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["get", "patch"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/merge": ["put"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": ["post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["get"],
  "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
  "/user": ["get"],
  "/users/{username}/installation": ["get"],
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = Readonly<Record<string, Json>>;
interface Description {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Fields>>>>;
  readonly components: Fields;
}

/** Words that only explain. A property may bear such a name, so they are dropped from schemas and never from `properties`. */
const prose = new Set(["description", "summary", "example", "examples", "externalDocs", "title", "deprecated", "default"]);

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** OpenAPI 3.0's `nullable` is not in JSON Schema: there null is a type, and has to be in an enum too. */
function allowNull(schema: Fields): Fields {
  const { nullable, ...rest } = schema;
  if (nullable !== true) return rest;
  if (typeof rest.type !== "string") return { anyOf: [{ type: "null" }, rest] };
  const values = rest.enum as readonly Json[] | undefined;
  return { ...rest, type: [rest.type, "null"], ...(values && { enum: [...new Set([...values, null])] }) };
}

/** GitHub says `allOf` of the account of an installation in a list, which is a user or an enterprise and cannot be both. */
function oneOf(account: Fields): Fields {
  const { allOf, ...rest } = account;
  return allOf === undefined ? account : { ...rest, anyOf: allOf };
}

/** Strips prose and extensions from a schema and turns it into JSON Schema, which is what OpenAPI 3.1 has. */
function strip(value: Json, inProperties = false): Json {
  if (Array.isArray(value)) return value.map((item: Json) => strip(item));
  if (!isFields(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => inProperties || !(prose.has(key) || key.startsWith("x-")))
    .map(([key, item]) => [key, inProperties && key === "account" && isFields(item) ? oneOf(item) : item] as const)
    .map(([key, item]) => [key, key === "enum" ? item : strip(item, !inProperties && key === "properties")] as const);
  return inProperties ? Object.fromEntries(kept) : allowNull(Object.fromEntries(kept));
}

/** Follows `#/components/…` once: parameters and answers are written out where they are used, schemas are not. */
function follow(description: Description, value: Json): Fields {
  if (!isFields(value)) throw new Error("follow reference: not an object");
  const ref = value.$ref;
  if (typeof ref !== "string") return value;
  const found = ref
    .slice(2)
    .split("/")
    .reduce<Json | undefined>((at, key) => (isFields(at) ? at[key] : undefined), description as unknown as Fields);
  return follow(description, found ?? null);
}

function jsonContent(body: Fields): Fields {
  const content = body.content;
  const json = isFields(content) ? content["application/json"] : undefined;
  return isFields(json) ? { content: { "application/json": { schema: strip(json.schema ?? {}) } } } : {};
}

function extractOperation(description: Description, operation: Fields): Fields {
  const { operationId, parameters = [], requestBody, responses = {} } = operation;
  const list = (Array.isArray(parameters) ? parameters : []).map((one: Json) => {
    const { name, in: place, required = false, schema = {} } = follow(description, one);
    return { name, in: place, required, schema: strip(schema) } as Fields;
  });
  const answers = Object.entries(isFields(responses) ? responses : {}).map(
    ([status, answer]) => [status, jsonContent(follow(description, answer))] as const,
  );
  return {
    operationId: operationId ?? null,
    parameters: list,
    ...(requestBody !== undefined && {
      requestBody: { required: follow(description, requestBody).required === true, ...jsonContent(follow(description, requestBody)) },
    }),
    responses: Object.fromEntries(answers),
  };
}

/** Every schema that can be reached from `from`, by name. */
function reachable(description: Description, from: Json): Fields {
  const found = new Map<string, Json>();
  const waiting = [JSON.stringify(from)];
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    for (const [ref, name] of text.matchAll(/#\/components\/schemas\/([^"]+)/g)) {
      if (name === undefined || found.has(name)) continue;
      const schema = strip(follow(description, { $ref: ref }));
      found.set(name, schema);
      waiting.push(JSON.stringify(schema));
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b, "en")));
}

/** Takes the operations listed above, and the schemas that they need. */
function extract(description: Description): { paths: Fields; schemas: Fields } {
  const paths = Object.fromEntries(
    Object.entries(operations).map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((method) => {
          const operation = description.paths[path]?.[method];
          if (operation === undefined) throw new Error(`read ${source}: no ${method} ${path}`);
          return [method, extractOperation(description, operation)];
        }),
      ),
    ]),
  );
  // every error of ours that has no schema of its own at an operation is held to this one
  return { paths, schemas: reachable(description, [paths, { $ref: "#/components/schemas/basic-error" }]) };
}

/** One line for each path and each schema: small, and a change shows in a diff. */
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

const folder = await mkdtemp(join(tmpdir(), "fairlead-openapi-"));
try {
  const description = await download(folder);
  const { paths, schemas } = extract(description);
  const info = JSON.stringify({
    title: "GitHub's REST API, the part that is tested",
    version: description.info.version,
    "x-source": source,
  });
  await writeFile(
    target,
    `{"openapi":"3.1.0","info":${info},\n"paths":{\n${print(paths)}\n},"components":{"schemas":{\n${print(schemas)}\n}}}\n`,
  );
} finally {
  await rm(folder, { recursive: true });
}
