import { createInterface } from "node:readline";
import { PassThrough, type Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { FairleadError, type ErrorCode } from "../core/errors.ts";

/** What an engine says while it works, as Dagger's plain progress: the only place that has the output of a Dockerfile's `RUN`. */
export interface BuildLog {
  /** Where the progress is written to. */
  readonly stream: Writable;
  /** Returns the last lines, without colours. */
  tail(count: number): readonly string[];
  /**
   * Returns what the command printed that failed with this message, at most its last 20 lines. The progress comes some 100 ms after the answer to
   * a query: it is waited for up to two seconds, and then nothing is returned.
   */
  outputOf(message: string): Promise<readonly string[]>;
}

/** Returns a log that keeps the last `limit` lines. */
export function createBuildLog(limit = 2000): BuildLog {
  const stream = new PassThrough();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: stream }).on("line", (line) => {
    lines.push(stripVTControlCharacters(line));
    if (lines.length > limit) lines.shift();
    for (const look of waiting) look();
  });
  return {
    stream,
    tail: (count) => lines.slice(-count),
    outputOf: (message) =>
      new Promise((resolve) => {
        const end = (output: readonly string[]): void => {
          clearTimeout(patience);
          waiting.delete(look);
          resolve(output);
        };
        const look = (): void => {
          const output = findOutput(lines, message);
          if (output !== undefined) end(output);
        };
        const patience = setTimeout(() => end([]), 2000);
        waiting.add(look);
        look();
      }),
  };
}

/** A line is `12  : ┆ ┆ [0.1s] | printed` or `12  : ┆ ┆ ! error`: each command has a number, and its lines stand among those of others. */
function findOutput(lines: readonly string[], message: string): readonly string[] | undefined {
  const parsed = lines.map((line) => /^(\d+) *: (?:┆ )*(?:! (?<error>.*)|\[[^\]]*\] \| (?<printed>.*))$/.exec(line));
  const failed = parsed.findLast((found) => found?.groups?.error === message.split("\n")[0]);
  if (failed == null) return undefined;
  return parsed.flatMap((found) => (found?.[1] === failed[1] ? (found?.groups?.printed ?? []) : [])).slice(-20);
}

interface Explanation {
  readonly code: ErrorCode;
  readonly cause: string;
  readonly hint?: string;
}

/**
 * What the engine's messages mean. Elsewhere an adapter goes by status and code; Dagger's API gives neither, only text. So this table is the one place
 * that goes by text, and each row has a test whose text an engine said. What no row knows stays as it is said, a failed build.
 */
const meanings: readonly (readonly [RegExp, (...groups: string[]) => Explanation])[] = [
  [
    /failed to read dockerfile: open \/?(\S+): no such file/,
    (path) => ({
      code: "input",
      cause: `there is no Dockerfile at ${path}`,
      hint: "name it with --dockerfile, as a path in the build context",
    }),
  ],
  [/lstat (\S+): no such file or directory/, (path) => ({ code: "input", cause: `there is no ${path} on this machine` })],
  [/secret not found: (\S+)/, (id) => ({ code: "input", cause: `the Dockerfile asks for the secret ${id}, and no secret has that id` })],
  [/(cannot parse platform specifier.*|failed to parse (?:Git URL|image address).*)/, (text) => ({ code: "input", cause: text })],
  [
    /calculate checksum of ref \S+ ("[^"]+"): not found/,
    (path) => ({ code: "build_failed", cause: `COPY ${path}: it is not in the build context` }),
  ],
  [
    /git authentication failed/,
    () => ({
      code: "unauthenticated",
      cause: "the Git server asks for a credential, or refuses the one it got",
      hint: "give a Git token that may read the repository",
    }),
  ],
  [
    /^authorization failed/,
    () => ({ code: "forbidden", cause: "the Git server refuses the credential", hint: "give a Git token that may read the repository" }),
  ],
  [/^repository not found/, () => ({ code: "not_found", cause: "there is no such Git repository, or it is hidden from the credential" })],
  [/repository does not contain ref "([^"]+)"/, (ref) => ({ code: "not_found", cause: `the Git repository has no ${ref}` })],
  [/failed to fetch remote (\S+): git error/, (url) => ({ code: "not_found", cause: `the commit cannot be fetched from ${url}` })],
  [/source metadata for (\S+): \S+: not found/, (image) => ({ code: "not_found", cause: `there is no image ${image}` })],
  [
    /unexpected status from \w+ request to (\S+): (\d+) ([\w ]+)/,
    (url, status, text) => ({ code: codeOf(Number(status)), cause: `${hostOf(url)} answered ${status} ${text}` }),
  ],
  [
    /requesting "([^"]+)" status code: (\d+)/,
    (url, status) => ({ code: codeOf(Number(status)), cause: `${hostOf(url)} answered ${status}` }),
  ],
  [
    /"(https?:[^"]+)": .*?([\w ]*connection refused|no such host|[\w/ ]*timeout|connection reset by peer|EOF|x509: .*)/,
    (url, text) => ({ code: "unavailable", cause: `${hostOf(url)}: ${text.trim()}` }),
  ],
];

function codeOf(status: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = { 401: "unauthenticated", 403: "forbidden", 404: "not_found", 429: "unavailable" };
  return codes[status] ?? (status >= 500 ? "unavailable" : "build_failed");
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

/** What the SDK's errors carry. Their classes cannot be imported: inside a Dagger module the package has none. */
interface DaggerError extends Error {
  readonly cmd?: readonly string[];
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly extensions?: { readonly code?: string };
  readonly response?: { readonly status?: number };
  readonly code?: string;
}

/**
 * Returns what went wrong as a FairleadError whose message begins with `doing`. One that is a FairleadError already is returned as it is.
 * `engine` is a hint for when the engine itself is gone.
 */
export async function explainFailure(doing: string, error: unknown, log: BuildLog, engine: string): Promise<FairleadError> {
  if (error instanceof FairleadError) return error;
  const failure = (error instanceof Error ? error : new Error(String(error))) as DaggerError;
  const text = failure.message.replace(/\s*\[traceparent:[^\]]*\]/, "");
  if (lostEngine(failure))
    return new FairleadError("unavailable", `${doing}: the engine stopped answering`, { hint: engine, cause: error });
  if (failure.name === "ExecError") return execFailure(doing, failure);
  const command = /^process "(.*)" did not complete successfully: exit code: (\d+)/s.exec(text);
  if (command !== null) {
    const [, quoted = "", exitCode = ""] = command;
    const run = shorten(unquote(quoted).replace(/^\/bin\/sh -c /, ""));
    return new FairleadError("build_failed", `${doing}: RUN ${run}: exit code ${exitCode}`, {
      output: await log.outputOf(text),
      cause: error,
    });
  }
  const { code, cause, hint } = explain(text, failure);
  return new FairleadError(code, `${doing}: ${cause}`, { hint, cause: error });
}

function explain(text: string, failure: DaggerError): Explanation {
  // Anything but an answer of the engine, and a query that its schema does not know, is a mistake of ours.
  const ours = failure.name !== "GraphQLRequestError" || failure.extensions?.code === "GRAPHQL_VALIDATION_FAILED";
  if (ours) return { code: "internal", cause: oneLine(text) };
  for (const [pattern, meaning] of meanings) {
    const found = pattern.exec(text);
    if (found !== null) return meaning(...found.slice(1));
  }
  return { code: "build_failed", cause: oneLine(text) };
}

/** The session answers 502 when its engine is gone, and nothing when it is gone itself. */
function lostEngine(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { response, code, cause } = error as DaggerError;
  return response?.status === 502 || code === "ECONNRESET" || code === "ECONNREFUSED" || lostEngine(cause);
}

function execFailure(doing: string, { cmd = [], exitCode, stdout = "", stderr = "" }: DaggerError): FairleadError {
  const output = `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "");
  return new FairleadError("build_failed", `${doing}: ${shorten(cmd.join(" "))}: exit code ${String(exitCode)}`, {
    output: output.slice(-20),
  });
}

/** The engine quotes as Go does, which for what people write is as JSON does. */
function unquote(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

function shorten(command: string): string {
  const line = oneLine(command);
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
