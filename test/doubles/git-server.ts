/** A Git host that speaks smart HTTP and knows tokens, as GitHub does: real Git on real bare repositories. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Grants, mayRead, mayWrite, readToken } from "./access.ts";
import { commitFiles, createBare, type NewCommit, type NewRepository } from "./bare.ts";
import { type GitQuestion, type GitRefusal, parseGitUrl, refuseGit, serveGit } from "./git-http.ts";
import { createFolder, createRunning, listen, type Place, type Running } from "./server.ts";

export interface GitServerOptions extends Place {
  readonly tokens?: Grants | undefined;
  /** Repositories that are elsewhere: `owner/name` to the URL of another, to which each request that is not below it is redirected. */
  readonly moved?: ReadonlyMap<string, string> | undefined;
  /** Redirects a request by what Git asks alone, such as `/git-upload-pack`; without it, all of a moved repository. */
  readonly movedPart?: string | undefined;
}

export interface GitServer extends Running {
  readonly folder: string;
  /** The requests so far; a push is a write. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number; readonly write: boolean }[];
  /** Makes `owner/name`, and returns its bare repository's folder. */
  createRepository(name: string, options?: NewRepository & { readonly private?: boolean | undefined }): Promise<string>;
  /** Commits as another person, and returns the commit. */
  commit(name: string, commit: NewCommit): Promise<string>;
}

/**
 * Decides as github.com does. Without a login, a client learns only that it needs one. With a login, it learns nothing
 * of repositories that it may not read.
 * `visibility` is undefined for a repository that does not exist.
 */
export function decideGit(
  { repository, push }: GitQuestion,
  visibility: "public" | "private" | undefined,
  authorization: string | undefined,
  tokens: Grants,
): GitRefusal | undefined {
  const token = readToken(authorization);
  const grant = token === undefined ? undefined : tokens[token];
  if (token !== undefined && !grant)
    return { status: 401, message: "Invalid username or token. Password authentication is not supported for Git operations." };
  const readable = visibility === "public" || (visibility === "private" && mayRead(grant, repository));
  if (!grant && !readable) return { status: 401, message: "Repository not found." };
  if (!grant && push) return { status: 401, message: "No anonymous write access." };
  if (!readable) return { status: 404, message: "Repository not found." };
  if (push && !mayWrite(grant, repository))
    return { status: 403, message: `Permission to ${repository}.git denied to ${grant?.login ?? "token"}.` };
  return undefined;
}

/** Starts a Git host on an empty folder: clone `http://HOST/owner/name.git`. */
export async function startGitServer({ tokens = {}, moved, movedPart = "", address, port }: GitServerOptions = {}): Promise<GitServer> {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "git");
  const repositories = new Map<string, { readonly folder: string; readonly visibility: "public" | "private" }>();
  const requests: { method: string; path: string; status: number; write: boolean }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = parseGitUrl(request.url ?? "/");
    const record = { method: request.method ?? "", path: request.url ?? "", status: 0, write: question?.write ?? false };
    requests.push(record);
    const to = question && moved?.get(question.repository);
    const isThere = `http://${request.headers.host ?? ""}${record.path}`.startsWith(`${to ?? ""}/`);
    if (to !== undefined && !isThere && record.path.includes(movedPart)) {
      record.status = 307;
      request.resume();
      return void response.writeHead(307, { location: to + record.path.replace(/^\/[^/]+\/[^/]+/, "") }).end();
    }
    const refusal = question
      ? decideGit(question, repositories.get(question.repository)?.visibility, request.headers.authorization, tokens)
      : ({ status: 404, message: "Not Found" } as const);
    record.status = refusal?.status ?? 200;
    if (refusal || !question) return refuseGit(request, response, refusal ?? { status: 404, message: "Not Found" });
    await serveGit(request, response, folder, question.repository, () => Promise.resolve());
  };
  const host = await listen(stack, handle, { address, port });
  return {
    ...createRunning(host, stack.move()),
    folder,
    requests,
    async createRepository(name, options = {}) {
      const bare = await createBare(folder, name, options);
      repositories.set(name, { folder: bare, visibility: options.private ? "private" : "public" });
      return bare;
    },
    async commit(name, commit) {
      const repository = repositories.get(name);
      if (!repository) throw new Error(`commit to ${name}: no such repository`);
      return commitFiles(repository.folder, commit);
    },
  };
}
