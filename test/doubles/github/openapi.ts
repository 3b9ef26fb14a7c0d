/**
 * Checks requests and answers against GitHub's own description of its API (github-openapi.json, made by
 * scripts/openapi.ts).
 */
import { readFileSync } from "node:fs";
import { Ajv, type AnySchema, type ValidateFunction } from "ajv";
import formats from "ajv-formats";

interface Content {
  readonly content?: { readonly "application/json": { readonly schema: AnySchema } };
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query";
    readonly required: boolean;
    readonly schema: AnySchema;
  }[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const description = JSON.parse(readFileSync(new URL("../github-openapi.json", import.meta.url), "utf8")) as Description;

/** `repo.nwo` is GitHub's own format: name with owner. */
const options = { strict: false, validateSchema: false, allErrors: true, formats: { "repo.nwo": true } } as const;
const ajv = formats.default(new Ajv(options)).addSchema(description, "github");
/** Paths and queries are text, so "3" is an integer there. */
const coercing = formats.default(new Ajv({ ...options, coerceTypes: true }));

const compiled = new Map<string, ValidateFunction>();

function memoize(key: string, compile: () => ValidateFunction): ValidateFunction {
  const found = compiled.get(key) ?? compile();
  compiled.set(key, found);
  return found;
}

/** Returns the validator of a schema in the description, by its path, so that shared schemas are compiled once. */
function at(...way: readonly string[]): ValidateFunction {
  const pointer = way.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  return memoize(pointer, () => ajv.compile({ $ref: `github#/${pointer}` }));
}

function explain(what: string, validate: ValidateFunction, value: unknown): string | undefined {
  if (validate(value)) return undefined;
  const errors = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`,
  );
  return `${what}: ${[...new Set(errors)].slice(0, 12).join("; ")}`;
}

function findOperation(method: string, path: string): Operation {
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`find operation ${method} ${path}: add it to scripts/openapi.ts`);
  return operation;
}

/** Returns the first part of a request that GitHub does not describe; undefined if there is none. */
export function checkRequest(
  method: string,
  path: string,
  request: { readonly params: Readonly<Record<string, string>>; readonly query: Readonly<Record<string, string>>; readonly body: unknown },
): string | undefined {
  const operation = findOperation(method, path);
  const what = `request ${operation.operationId}`;
  return (
    explain(`${what} path`, compileParameters(operation, "path"), { ...request.params }) ??
    explain(`${what} query`, compileParameters(operation, "query"), { ...request.query }) ??
    checkBody(what, method, path, operation, request.body)
  );
}

/** GitHub silently ignores an unknown query parameter; here it is a mistake of ours. */
function compileParameters(operation: Operation, place: "path" | "query"): ValidateFunction {
  return memoize(`${operation.operationId} ${place}`, () => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place);
    return coercing.compile({
      type: "object",
      properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
      required: parameters.filter(({ required }) => required).map(({ name }) => name),
      additionalProperties: false,
    });
  });
}

function checkBody(what: string, method: string, path: string, operation: Operation, body: unknown): string | undefined {
  const schema = operation.requestBody?.content?.["application/json"].schema;
  if (!schema) return body === undefined ? undefined : `${what} body: none is described`;
  if (body === undefined) return operation.requestBody?.required ? `${what} body: missing` : undefined;
  return (
    explain(`${what} body`, at("paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema"), body) ??
    findUnknownField(what, schema, body)
  );
}

function findUnknownField(what: string, schema: AnySchema, body: unknown): string | undefined {
  const known = typeof schema === "object" ? Object.keys((schema.properties as object | undefined) ?? {}) : [];
  if (known.length === 0 || typeof body !== "object" || body === null) return undefined;
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  return unknown.length > 0 ? `${what} body: unknown ${unknown.join(", ")}` : undefined;
}

/**
 * Returns the first part of an answer that GitHub does not describe. Refusals that it does not list have its one shape
 * of errors.
 */
export function checkAnswer(method: string, path: string, status: number, body: unknown): string | undefined {
  const operation = findOperation(method, path);
  const what = `answer ${status} of ${operation.operationId}`;
  const described = operation.responses[String(status)];
  if (described?.content) {
    const way = ["paths", path, method.toLowerCase(), "responses", String(status), "content", "application/json", "schema"];
    return explain(what, at(...way), body);
  }
  if (status >= 400) return explain(what, at("components", "schemas", "basic-error"), body);
  if (!described) return `${what}: this status is not described`;
  return body === undefined ? undefined : `${what}: no body is described`;
}
