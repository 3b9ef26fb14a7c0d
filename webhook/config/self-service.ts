/** Routes for all repositories of an owner in which an App is installed, each of which switches them on for itself by a file of its own. */
import type { z } from "zod";
import type { Path } from "../../src/config/document.ts";
import { holdsSecrets } from "../../src/config/field-values.ts";
import { meant, type Problem } from "../../src/config/problem.ts";
import { opens } from "../../src/core/opens.ts";
import type { Field } from "../../src/core/run/field.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { elementMeta, fieldMeta } from "../../src/core/run/input.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { readSettings } from "../../src/steps/read-settings.ts";
import { boundRepository, isOwnersAll } from "../routing/conditions.ts";
import { boundNames, type When } from "./when.ts";

/** Tells whether a route is for all repositories of an owner. */
export function isSelfService(when: When): boolean {
  return boundNames(when).names.some(isOwnersAll);
}

/** Returns the pipeline that may read the file of the repository as well. */
export function selfServicePipeline(pipeline: Pipeline, when: When): Pipeline {
  return isSelfService(when) ? { ...pipeline, steps: [readSettings, ...pipeline.steps] } : pipeline;
}

/** A route as it is written, as far as self-service goes: `repository` of its `when`, and the fields that the repository's own file may set. */
interface Asking {
  readonly pipeline: Pipeline | undefined;
  readonly repository: unknown;
  readonly listed: unknown;
  readonly credentials: unknown;
}

/** Returns what is wrong with a route for all repositories of an owner, or with one that only says so. */
export function checkSelfService(path: Path, { pipeline, repository, listed, credentials }: Asking): readonly Problem[] {
  const names = [repository].flat().filter((each) => typeof each === "string");
  const at = [...path, "when", "repository"];
  const owners = names.filter((name) => isOwnersAll(name) && boundRepository.schema.safeParse([name]).success);
  const list = Array.isArray(listed) ? (listed as readonly unknown[]) : [];
  if (owners.length === 0)
    return listed === undefined
      ? []
      : [{ path: [...path, "from-repository"], message: "only a route for HOST/OWNER/* takes values of its repositories: leave it out" }];
  return [
    ...(owners.length < names.length
      ? [{ path: at, message: "it names a repository beside all of an owner: give that a route of its own" }]
      : []),
    ...owners.flatMap((owner) => (hasApp(credentials, owner) ? [] : [{ path: at, message: noApp(owner) }])),
    ...list.flatMap((name, index) => {
      const message = typeof name === "string" && pipeline !== undefined ? whyNotTheirs(pipeline, name) : undefined;
      return message === undefined ? [] : [{ path: [...path, "from-repository", index], message }];
    }),
  ];
}

function hasApp(credentials: unknown, owner: string): boolean {
  const given = Object.entries((credentials ?? {}) as Readonly<Record<string, unknown>>);
  const place = owner.slice(0, -"/*".length);
  return given.some(([name, each]) => opens(name, place) && typeof each === "object" && each !== null && "app" in each);
}

function noApp(owner: string): string {
  const [host = ""] = owner.split("/", 1);
  const place = owner.slice(0, -"/*".length);
  return `it means the repositories in which an App is installed, and there is no App of ${host} or ${place}: name its app and key in credentials`;
}

/** Says why a repository may not set a field: where a run writes, with whose rights, and what it shows to whom is the route's to say. */
function whyNotTheirs({ name, input }: Pipeline, field: string): string | undefined {
  const fields = fieldsOf(input);
  const found = fields.find((each) => each.name === field);
  if (found === undefined)
    return `${name} has no such field${meant(
      field,
      fields.map((each) => each.name),
    )}`;
  const types = input.shape as Readonly<Record<string, z.ZodType>>;
  const isBranch = Object.values(types).some((each) => fieldMeta(each).writtenBranch === field);
  return !isBranch && isTheirs(found, types[field]!)
    ? undefined
    : "it decides where a run writes, or with what rights: only the route may set it";
}

function isTheirs(field: Field, type: z.ZodType): boolean {
  const { fromEvent, written, destination } = elementMeta(type);
  const isWritten = fromEvent === "repository" || fromEvent === "image" || written !== undefined;
  const isPlace = isWritten || destination === true || field.kind === "directory";
  return !isPlace && !holdsSecrets(field) && field.namedOnly !== true && field.group !== "Credentials";
}
