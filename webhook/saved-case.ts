import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { formatPath, problemsOf } from "../src/config/problem.ts";
import { FairleadError, type FileProblem } from "../src/core/errors.ts";
import type { Event } from "../src/core/event.ts";
import type { StoredDelivery } from "./store.ts";

/** The proof of a case that was made of a stored delivery: it was proven when it came, and neither secrets nor proofs are stored. */
export const provenBefore = "stored";

/** `request.json` of a case. Further fields are for people. */
const savedRequest = z.looseObject({
  method: z.string(),
  headers: z.record(z.string(), z.string()),
  secret: z.string().nullable().default(null),
  proof: z.string().optional(),
  options: z.looseObject({ jwks: z.unknown().optional() }).default({}),
  now: z.number().optional(),
  after: z.array(z.string()).default([]),
});

/** A saved request: the files `request.json` and `body` of a folder `SOURCE/CASE`. */
export type SavedCase = z.output<typeof savedRequest> & { readonly body: Uint8Array };

/** The hint for what is no saved request. */
export const caseHint = "name a folder SOURCE/CASE that holds request.json and body, such as fairlead deliveries export makes";

/** Returns the saved request of a folder. Throws `input` with all that is wrong with it. */
export async function readCase(folder: string): Promise<SavedCase> {
  const file = join(folder, "request.json");
  // One after the other: where both are missing, the error always names the request.
  const text = await readPart(folder, "request.json");
  const body = await readPart(folder, "body");
  const value = parseJson(text.toString(), folder, file);
  const problems = problemsOf(savedRequest, value).map(({ path, message }) => ({
    ...nowhere,
    file,
    path: formatPath(path) || null,
    message,
  }));
  if (problems.length > 0) throw noCase(folder, problems);
  return { ...savedRequest.parse(value), body };
}

/** Returns the files of a case, by name, that a delivery was: `replay` reads it to these events. */
export function caseFiles(
  { id, source, headers, body, receivedAt }: StoredDelivery,
  options: unknown,
  events: readonly Event[],
): ReadonlyMap<string, string | Uint8Array> {
  const request = {
    ...{ method: "POST", headers, secret: null, proof: provenBefore, options, now: receivedAt.getTime() / 1000 },
    notes: `Delivery ${id} of the source ${source}. It was proven when it came: its proof and its secret are not stored.`,
  };
  const expected = { outcome: "accepted", status: 202, events };
  return new Map<string, string | Uint8Array>([
    ["request.json", `${JSON.stringify(request, null, 2)}\n`],
    ["body", body],
    ["expect.json", `${JSON.stringify(expected, null, 2)}\n`],
  ]);
}

const nowhere = { line: null, column: null, path: null };

async function readPart(folder: string, name: string): Promise<Buffer> {
  const file = join(folder, name);
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw noCase(folder, [{ ...nowhere, file, message: `it cannot be read (${error.code ?? "unknown"})` }]);
  });
}

function parseJson(text: string, folder: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noCase(folder, [{ ...nowhere, file, message: "it is not JSON" }]);
  }
}

function noCase(folder: string, problems: readonly FileProblem[]): FairleadError {
  const told = problems.map(({ file, path, message }) => `${file.slice(folder.length + 1)}: ${path === null ? "" : `${path}: `}${message}`);
  return new FairleadError("input", `read saved request ${folder}: ${told.join("; ")}`, { hint: caseHint, problems });
}
