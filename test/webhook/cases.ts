/** The saved requests of `test/fixtures/receivers`, whose README says what their files hold. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../src/core/event.ts";

export const casesFolder = join(import.meta.dirname, "../fixtures/receivers");

/** Bodies of other projects, which may not be copied: the tests of them run where the folder is. */
export const upstreamFolder = join(import.meta.dirname, "../../../shared/fixtures/receivers-upstream");

export interface SavedCase {
  /** `SOURCE/CASE`. */
  readonly name: string;
  readonly folder: string;
  readonly source: string;
  readonly body: Buffer;
  readonly request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly secret: string | null;
    readonly proof: "signature" | "token" | "path" | "sns" | "oidc";
    readonly options?: { readonly jwks?: unknown };
    readonly now?: number;
    /** Of a case that GitHub's own description is to have: its name there. Null for one that it is not to have. */
    readonly schema?: string | null;
  };
  readonly expected: Expected;
  /** What it comes to where somebody asks for these kinds. */
  readonly asked: (Expected & { readonly asked: readonly Event["kind"][] }) | undefined;
}

interface Expected {
  readonly outcome: string;
  readonly status: number;
  readonly events: readonly unknown[];
}

/** Returns all cases of a folder; none if it is not there. */
export function casesOf(root: string): SavedCase[] {
  if (!existsSync(root)) return [];
  const folders = (at: string): string[] =>
    readdirSync(at, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));
  return folders(root).flatMap((source) => folders(join(root, source)).map((name) => readCase(root, source, name)));
}

function readCase(root: string, source: string, name: string): SavedCase {
  const folder = join(root, source, name);
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const { outcome, status, events } = json("expect.json") as SavedCase["expected"];
  const request = json("request.json") as SavedCase["request"];
  const body = readFileSync(join(folder, "body"));
  const asked = existsSync(join(folder, "asked.json")) ? (json("asked.json") as SavedCase["asked"]) : undefined;
  return { name: `${source}/${name}`, folder, source, body, request, expected: { outcome, status, events }, asked };
}
