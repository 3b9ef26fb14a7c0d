import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import { failedCommand } from "../../core/image/failed-run.ts";
import { printedProblem } from "../../core/system-error.ts";
import { cut } from "../../core/text/cut.ts";
import { withoutTrace, type BuildLog } from "./build-log.ts";

/** The longest command in a message, in characters. */
const longestCommand = 100;

interface Explanation {
  readonly code: ErrorCode;
  readonly cause: string;
  readonly hint?: string;
}

/**
 * The meaning of the engine's messages. Other adapters read status and code, but Dagger's API returns only text. So
 * this table is the one place that reads text.
 * Each row has a test with a message that an engine really printed. A message without a row is kept as it is: a failed
 * build.
 */
const meanings: readonly (readonly [RegExp, (...groups: string[]) => Explanation | undefined])[] = [
  [
    /failed to read dockerfile: open \/?(\S+): no such file/,
    (path) => ({
      code: "input",
      cause: `there is no Dockerfile at ${path}`,
      hint: "name it with --dockerfile, as a path in the build context",
    }),
  ],
  [/lstat (\S+): no such file or directory/, (path) => ({ code: "input", cause: `there is no ${path} on this machine` })],
  [
    /^(?:.*: )?stat (\S+): no such file or directory/,
    (path) => ({ code: "input", cause: `there is no folder ${path} in the source`, hint: "name a folder of the source with --context" }),
  ],
  [
    /secret not found: (\S+)/,
    (id) => ({
      code: "input",
      cause: `the Dockerfile asks for the secret ${id}, and no secret has that id`,
      hint: `name it with --secret ${id}=env:NAME`,
    }),
  ],
  [
    /target stage "([^"]+)" could not be found/,
    (stage) => ({ code: "input", cause: `the Dockerfile has no stage ${stage}`, hint: "name one of its stages with --target" }),
  ],
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
  [/"(https?:[^"]+)": (.*)/, unreachable],
];

/** Why a server cannot be reached, with the words before it in its part of the message, or without. */
const reasons: readonly (readonly [reason: string, wordsBefore: boolean])[] = [
  ["connection refused", true],
  ["timeout", true],
  ["no such host", false],
  ["server misbehaving", false],
  ["connection reset by peer", false],
  ["EOF", false],
];

/** The message has its parts between colons, and what a certificate lacks at its end. */
function unreachable(url = "", message = ""): Explanation | undefined {
  const [network = "", certificate] = message.split(/(?=x509: )/, 2);
  const found = network.split(/[^\w/ ]/).flatMap((part) => reasons.flatMap(([reason, before]) => reasonIn(part, reason, before)));
  const reason = found[0] ?? certificate;
  return reason === undefined ? undefined : { code: "unavailable", cause: `${hostOf(url)}: ${reason.trim()}` };
}

function reasonIn(part: string, reason: string, wordsBefore: boolean): readonly string[] {
  const at = part.indexOf(reason);
  return at < 0 ? [] : [part.slice(wordsBefore ? 0 : at, at + reason.length)];
}

function codeOf(status: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = { 401: "unauthenticated", 403: "forbidden", 404: "not_found", 429: "unavailable" };
  return codes[status] ?? (status >= 500 ? "unavailable" : "build_failed");
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

/** The fields of the SDK's errors. Their classes cannot be imported: inside a Dagger module the package has none. */
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
 * Returns an error as a FairleadError whose message begins with `doing`. A FairleadError is returned unchanged.
 * `engine` is a hint for when the engine itself is gone.
 */
export async function explainFailure(doing: string, error: unknown, log: BuildLog, engine: string): Promise<FairleadError> {
  if (error instanceof FairleadError) return error;
  const failure = (error instanceof Error ? error : new Error(String(error))) as DaggerError;
  const text = withoutTrace(failure.message);
  if (lostEngine(failure))
    return new FairleadError("unavailable", `${doing}: the engine stopped answering`, { hint: engine, cause: error });
  if (failure.name === "ExecError") return execFailure(doing, failure);
  const ran = failedCommand(text);
  if (ran !== undefined) {
    const { command, exitCode } = ran;
    const run = cut(oneLine(command.replace(/^\/bin\/sh -c /, "")), longestCommand);
    const output = await log.outputOf(text);
    return new FairleadError("build_failed", `${doing}: RUN ${run}: exit code ${exitCode}`, { output, hint: hintOfOutput(output), cause: error });
  }
  const { code, cause, hint } = explain(text, failure);
  return new FairleadError(code, `${doing}: ${cause}`, { hint, cause: error });
}

function explain(text: string, failure: DaggerError): Explanation {
  // Anything but an answer of the engine is a bug of ours, and so is a query that its schema does not know.
  const ours = failure.name !== "GraphQLRequestError" || failure.extensions?.code === "GRAPHQL_VALIDATION_FAILED";
  if (ours) return { code: "internal", cause: oneLine(text) };
  for (const [pattern, meaning] of meanings) {
    const found = pattern.exec(text);
    const meant = found === null ? undefined : meaning(...found.slice(1));
    if (meant !== undefined) return withSyntax(text, meant);
  }
  return ofMachine(text) ?? { code: "build_failed", cause: oneLine(text) };
}

const freeSpace = "free space on the disk of the engine, which fairlead doctor shows, or set FAIRLEAD_ENGINE_STATE to a folder on another disk";

/** The engine fails where its machine does: it says so at the end of what it was doing. A registry that has no space has answered with a status. */
function ofMachine(text: string): Explanation | undefined {
  const problem = printedProblem("the machine of the engine", text);
  return problem && { code: "unavailable", cause: problem.message, hint: isFull(text) ? freeSpace : "look at the machine of the engine" };
}

/** A RUN may have filled a file system of its own, such as /dev/shm: it stays a failed build. */
function hintOfOutput(output: readonly string[]): string | undefined {
  return isFull(output.join("\n")) ? `if the RUN did not fill a file system of its own, ${freeSpace}` : undefined;
}

function isFull(text: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(text);
}

/**
 * Returns an explanation that names `# syntax=` if its image could not be fetched. The engine says before an image which line
 * asks for it, and nothing for this one: it is fetched before there are lines.
 */
function withSyntax(text: string, meant: Explanation): Explanation {
  const [, image] = /^failed to resolve source metadata for (\S+): /.exec(text) ?? [];
  if (image === undefined) return meant;
  const hint = "leave the line out if the Dockerfile needs nothing of it, or let the engine reach its registry";
  return { ...meant, cause: `# syntax=${image}: ${meant.cause}`, hint };
}

/** Tells whether an error of the SDK means that the engine is gone: its session answers 502, or nothing answers. */
export function lostEngine(error: unknown): boolean {
  const names = ["GraphQLRequestError", "UnknownDaggerError", "NotAwaitedRequestError"];
  if (!(error instanceof Error) || !names.includes(error.name)) return false;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { response, code = "" } = each as DaggerError;
    if (response?.status === 502 || ["ECONNRESET", "ECONNREFUSED"].includes(code)) return true;
  }
  return false;
}

function execFailure(doing: string, { cmd = [], exitCode = -1, stdout = "", stderr = "", message }: DaggerError): FairleadError {
  const output = `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "");
  const hint = hintOfOutput(output);
  const cause = exitCode < 0 ? oneLine(withoutTrace(message)) : `exit code ${exitCode}`; // negative: it could not be started
  return new FairleadError("build_failed", `${doing}: ${cut(oneLine(cmd.join(" ")), longestCommand)}: ${cause}`, { output: output.slice(-20), hint });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
