/** Where GitHub keeps logs and artifacts, by signed URLs. It is at the same host here: a client that follows by itself would send its token, which is told. */
import type { IncomingMessage } from "node:http";
import type { Answer } from "./route.ts";
import type { State } from "./state.ts";

/** The path of everything that is kept. */
export const storagePath = "/_storage/";

/** Returns the URL of something that is kept. */
export function storageUrl({ origin }: State, what: string): string {
  return `${origin}${storagePath}${what}?sig=canary-of-the-signed-url`;
}

/** Answers for the storage. What came with a credential is told as a violation. */
export function serveStorage(state: State, violations: string[], request: IncomingMessage): Answer {
  const [path = ""] = (request.url ?? "").split("?");
  if (request.headers.authorization !== undefined) violations.push(`request of ${path}: a credential was sent to the storage`);
  const [kind, id] = path.slice(storagePath.length).split("/");
  const runs = [...state.repositories.values()].flatMap(({ actions }) => actions.runs);
  const found =
    kind === "logs"
      ? runs.flatMap(({ jobs }) => jobs).find((job) => String(job.id) === id)?.log
      : runs.flatMap(({ artifacts }) => artifacts).find((artifact) => String(artifact.id) === id)?.zip;
  if (found === undefined) return { status: 404, body: Buffer.from("<Error/>") };
  return { status: 200, body: Buffer.from(found), headers: { "content-type": "application/octet-stream" } };
}
