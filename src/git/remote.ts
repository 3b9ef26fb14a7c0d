import { formatRepository, type Repository } from "../core/repository.ts";
import type { Access } from "./access.ts";
import { remoteFailure } from "./failure.ts";
import { git, runGit, type GitCall } from "./process.ts";

/** A repository on a server, and a bare one of ours for what we fetch of it. */
export interface Remote {
  readonly name: string;
  readonly url: string;
  readonly call: GitCall;
  /** Two fetches into one repository at once break each other: each begins after the one before. */
  readonly queue: { last: Promise<unknown> };
}

/** Returns a repository of which nothing has been fetched. Nothing is asked of the server. */
export async function openRemote(repository: Repository, access: Access, signal: AbortSignal): Promise<Remote> {
  const [env, folder] = await Promise.all([access.environment(repository), access.newFolder()]);
  const call = { folder, env, signal };
  await git(["init", "--bare", "--template=", "."], call);
  return { name: formatRepository(repository), url: repository.url, call, queue: { last: Promise.resolve() } };
}

/** Returns what the references of exactly these names point at. https://git-scm.com/docs/git-ls-remote#_output */
export async function listRefs(remote: Remote, ...names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { code, output, errors } = await runGit(["ls-remote", "--symref", "--", remote.url, ...names], remote.call);
  if (code !== 0) throw remoteFailure(`read ${remote.name}`, errors);
  const lines = output.split("\n").map((line) => line.split("\t"));
  // `ref: refs/heads/main<TAB>HEAD` comes before HEAD's own line: it is kept under a name that no reference has.
  return new Map(lines.map(([value = "", name = ""]) => (value.startsWith("ref: ") ? [`${name}:`, value.slice(5)] : [name, value])));
}

/** Fetches one object and what belongs to it, without history, and gives it a name that keeps the next fetch from fetching it again. */
export async function fetchObject(remote: Remote, sha: string, options: readonly string[], doing: string): Promise<void> {
  const args = ["fetch", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
  const fetch = async (): Promise<void> => {
    const name = `refs/fetched/${sha}`;
    if ((await runGit(["rev-parse", "--verify", name], remote.call)).code === 0) return;
    const { code, errors } = await runGit([...args, ...options, "--", remote.url, `${sha}:${name}`], remote.call);
    if (code !== 0) throw remoteFailure(doing, errors);
  };
  const turn = remote.queue.last.then(fetch);
  remote.queue.last = turn.catch(() => undefined);
  await turn;
}
