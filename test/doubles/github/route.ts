/** A route of the double, and its refusals. */
import type { Grant } from "../access.ts";
import type { App } from "./apps/state.ts";
import type { Repository, State } from "./state.ts";

/** A valid request: path, query and body match the description of the API. */
export interface Call {
  readonly state: State;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly accept: string;
  readonly grant: Grant | undefined;
  /** The App that asks with a JSON Web Token of its own; undefined where a route is for others. */
  readonly app: App | undefined;
  /** The login of the token. */
  readonly login: string;
}

export interface RepositoryCall extends Call {
  readonly repository: Repository;
}

export interface Answer {
  readonly status: number;
  /** JSON; or bytes, which are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** True if it changed something, for methods that do not say so. */
  readonly write?: boolean | undefined;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** A path as GitHub's description has it. `{ref}`, `{path}` and `{branch}` may hold slashes, so longer paths come first in a list. */
export type Route = { readonly method: Method; readonly path: string } & (
  | { readonly access: "anyone" | "user" | "app"; handle(call: Call): Answer | Promise<Answer> }
  | { readonly access: "read" | "write"; handle(call: RepositoryCall): Answer | Promise<Answer> }
);

/** An answer that ends a request wherever it is noticed. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`answer ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

const documentation = "https://docs.github.com/rest";

export function refuse(
  status: number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Answer["headers"] = {},
): Refusal {
  return new Refusal({ status, body: { message, ...more, documentation_url: documentation, status: String(status) }, headers });
}

export const notFound = (): Refusal => refuse(404, "Not Found");

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed */
export interface FieldError {
  readonly resource: string;
  readonly code: "missing" | "missing_field" | "invalid" | "already_exists" | "unprocessable" | "custom";
  readonly field?: string;
  readonly message?: string;
}

export const invalid = (...errors: FieldError[]): Refusal => refuse(422, "Validation Failed", { errors });

/** One page of a list, with the `Link` header: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
export function page<Item>(
  call: Call,
  path: string,
  items: readonly Item[],
): { readonly items: readonly Item[]; readonly headers: Readonly<Record<string, string>> } {
  const size = Math.min(Math.max(Number(call.query.per_page ?? 30), 1), 100);
  const at = Math.max(Number(call.query.page ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (rel: string, number: number): string => {
    const query = new URLSearchParams({ ...call.query, per_page: String(size), page: String(number) });
    return `<${call.state.origin}/api/v3${path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(at > 1 ? [link("prev", Math.min(at - 1, last))] : []),
    ...(at < last ? [link("next", at + 1), link("last", last)] : []),
    ...(at > 1 ? [link("first", 1)] : []),
  ];
  return { items: items.slice((at - 1) * size, at * size), headers: links.length > 0 ? { link: links.join(", ") } : {} };
}
