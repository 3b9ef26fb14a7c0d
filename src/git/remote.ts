import type { FairleadError } from "../core/errors.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Permission } from "../core/permission.ts";
import type { Access, Opened } from "./access.ts";
import { credentialRefusal, hasMoved, movedFailure, readAddress, remoteFailure } from "./failure.ts";
import { git, runGit, type GitCall, type GitOutcome } from "./process.ts";

/** A repository on a server, and a bare one of ours for what we fetch of it. */
export interface Remote {
  readonly repository: Repository;
  readonly name: string;
  /** What Git is told: the repository's URL, or where its server has moved it on the same host, by `.git` at its end. */
  readonly place: { url: string };
  readonly access: Access;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Two fetches into one repository at once break each other: each begins after the one before. */
  readonly queue: { last: Promise<unknown> };
  /** The objects that have been asked for. Git itself would fetch what it lacks one by one, at the first look. */
  readonly fetched: Set<string>;
}

/** Returns a repository of which nothing has been fetched. Nothing is asked of the server. */
export async function openRemote(repository: Repository, access: Access, signal: AbortSignal): Promise<Remote> {
  const folder = await access.newFolder();
  const place = { url: repository.url };
  const opened = { name: formatRepository(repository), repository, place, access, folder, signal, fetched: new Set<string>() };
  const remote: Remote = { ...opened, queue: { last: Promise.resolve() } };
  await withCall(remote, (call) => git(["init", "--bare", "--template="], call));
  return remote;
}

/** Returns what `use` does with Git in our copy. Git may ask the server for what it lacks, so the repository is open to it. */
export async function withCall<T>({ access, repository, folder, signal }: Remote, use: (call: GitCall) => Promise<T>): Promise<T> {
  return await access.withEnvironment(repository, "contents:read", (opened) => use({ folder, ...opened, signal }));
}

/** What Git says that it did with a server. */
export interface ServerOutcome extends GitOutcome {
  /** Where the server says that the repository is now; undefined where it says nothing of it. */
  readonly movedTo?: string | undefined;
}

/**
 * Runs Git with the server, with arguments for a URL. A token that the server refuses is replaced once, if there can be another. GitLab redirects a
 * URL without `.git` to the same one with it: that is tried instead.
 */
export async function runOnServer(
  remote: Remote,
  permission: Permission,
  argsFor: (url: string) => readonly string[],
  input?: string,
): Promise<ServerOutcome> {
  const { place } = remote;
  const ended = await runOnce(remote, permission, argsFor(place.url), input);
  if (ended.code === 0 || !hasMoved(ended.errors)) return ended;
  const withGit = `${place.url.replace(/\/$/, "")}.git`;
  const movedTo = await readMove(remote);
  if (movedTo !== withGit || place.url.endsWith(".git")) return { ...ended, movedTo };
  place.url = withGit;
  return await runOnServer(remote, permission, argsFor, input);
}

async function runOnce(
  { access, repository, folder, signal }: Remote,
  permission: Permission,
  args: readonly string[],
  input: string | undefined,
): Promise<GitOutcome> {
  const run = (opened: Opened): Promise<GitOutcome> => runGit(args, { folder, ...opened, signal, ...(input !== undefined && { input }) });
  return await access.withEnvironment(repository, permission, run, (ended) => {
    if (!("value" in ended)) return undefined;
    const { code, errors } = ended.value as GitOutcome;
    return code === 0 ? undefined : credentialRefusal(errors);
  });
}

/** Returns the error for a failed command on the server. */
export function serverFailure(doing: string, { repository }: Remote, { errors, movedTo }: ServerOutcome): FairleadError {
  return hasMoved(errors) ? movedFailure(doing, movedTo) : remoteFailure(doing, errors, repository);
}

/** Returns where a server says that a repository has moved to: Git is asked once more, with the headers of the answer. */
async function readMove({ access, repository, folder, signal, place: { url } }: Remote): Promise<string | undefined> {
  const trace = { GIT_TRACE_CURL: "1", GIT_TRACE_CURL_NO_DATA: "1" }; // Git leaves credentials out of it
  const asked = await access.withEnvironment(repository, "contents:read", ({ env, config }) =>
    runGit(["ls-remote", "--", url, "HEAD"], { folder, env: { ...env, ...trace }, ...(config && { config }), signal }),
  );
  return readAddress(asked.errors);
}

/** Returns what the references of exactly these names point at. https://git-scm.com/docs/git-ls-remote#_output */
export async function listRefs(remote: Remote, ...names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ended = await runOnServer(remote, "contents:read", (url) => ["ls-remote", "--symref", "--", url, ...names]);
  if (ended.code !== 0) throw serverFailure(`read ${remote.name}`, remote, ended);
  const lines = ended.output.split("\n").map((line) => line.split("\t"));
  // `ref: refs/heads/main<TAB>HEAD` comes before HEAD's own line: it is kept under a name that no reference has.
  return new Map(lines.map(([value = "", name = ""]) => (value.startsWith("ref: ") ? [`${name}:`, value.slice(5)] : [name, value])));
}

/**
 * Fetches a commit without its history and its files: they come when they are asked for. A server that cannot leave them out sends them.
 * https://git-scm.com/docs/partial-clone
 */
export async function fetchCommit(remote: Remote, sha: string, doing: string): Promise<void> {
  await fetchOnce(remote, [sha], ["--depth=1", "--filter=tree:0"], doing);
}

/** Fetches a commit with all its files, into a repository that has nothing yet. */
export async function fetchAll(remote: Remote, sha: string): Promise<void> {
  await fetchOnce(remote, [sha], ["--depth=1"], `fetch ${sha.slice(0, 12)} of ${remote.name}`);
}

/** Fetches trees, each with all trees below it (or alone) and no file. */
export async function fetchTrees(remote: Remote, trees: readonly string[], depth: "alone" | "whole"): Promise<void> {
  await fetchOnce(remote, trees, [depth === "alone" ? "--filter=tree:0" : "--filter=blob:none"], `read files of ${remote.name}`);
}

/** Fetches blobs, all at once. */
export async function fetchBlobs(remote: Remote, blobs: readonly string[]): Promise<void> {
  await fetchOnce(remote, blobs, ["--filter=blob:none"], `read files of ${remote.name}`);
}

/** What we have tells the server nothing about what it may leave out: it is only parts of a commit. */
const fetchArgs = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];

async function fetchOnce(remote: Remote, objects: readonly string[], options: readonly string[], doing: string): Promise<void> {
  await inTurn(remote, async () => {
    const missing = [...new Set(objects)].filter((each) => !remote.fetched.has(each));
    if (missing.length === 0) return;
    await fetchNow(remote, missing, options, doing);
    for (const each of missing) remote.fetched.add(each);
  });
}

/** Fetches a commit with so many of those before it, without files. A later fetch of it alone would cut them off, and there is none. */
export async function fetchHistory(remote: Remote, sha: string, depth: number): Promise<void> {
  await inTurn(remote, () => fetchNow(remote, [sha], [`--depth=${depth}`, "--filter=tree:0"], `read the history of ${remote.name}`));
  remote.fetched.add(sha);
}

async function fetchNow(remote: Remote, objects: readonly string[], options: readonly string[], doing: string): Promise<void> {
  const command = (url: string): readonly string[] => [...fetchArgs, "--stdin", ...options, "--", url];
  const ended = await runOnServer(remote, "contents:read", command, `${objects.join("\n")}\n`);
  if (ended.code !== 0) throw serverFailure(doing, remote, ended);
}

async function inTurn(remote: Remote, work: () => Promise<void>): Promise<void> {
  const turn = remote.queue.last.then(work);
  remote.queue.last = turn.catch(() => undefined);
  await turn;
}
