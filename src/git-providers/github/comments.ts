import type { Octokit } from "#sdk/@octokit/rest";
import type { Comments } from "../../core/git/comments.ts";
import { formatRepository } from "../../core/git/repository.ts";
import { once } from "../../core/once.ts";
import { statusOf } from "./failure.ts";
import type { Call } from "./pulls.ts";

const read = ["comments:read"] as const;
const write = ["comments:write"] as const;

/** Returns what GitHub does with comments on pull requests, which are issues there. https://docs.github.com/en/rest/issues/comments */
export function githubComments(call: Call): Comments {
  const logins = new Map<string, Promise<string>>(); // a token is a repository's
  return {
    find: (repository, number, marker) =>
      call(`list comments of pull request #${number} of`, repository, read, async (octokit, at) => {
        const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: number, per_page: 100 });
        const marked = all.filter(({ body = "" }) => body.startsWith(marker));
        if (marked.length === 0) return [];
        const own = await once(logins, formatRepository(repository), () => viewer(octokit));
        const ours = marked.filter(({ user }) => user !== null && isSame(own, user));
        return ours.map(({ id, body = "" }) => ({ id, body })).sort((a, b) => a.id - b.id);
      }),
    write: (repository, number, body) =>
      call(`comment on pull request #${number} of`, repository, write, async (octokit, at) => {
        const { data } = await octokit.rest.issues.createComment({ ...at, issue_number: number, body });
        if (data.user !== null) logins.set(formatRepository(repository), Promise.resolve(data.user.login));
        return { id: data.id, body };
      }),
    edit: (repository, id, body) =>
      call(`edit comment ${id} of`, repository, write, async (octokit, at) => {
        await octokit.rest.issues.updateComment({ ...at, comment_id: id, body });
      }),
    delete: (repository, id) =>
      call(`delete comment ${id} of`, repository, write, async (octokit, at) => {
        await octokit.rest.issues.deleteComment({ ...at, comment_id: id }).catch((error: unknown) => {
          if (statusOf(error) !== 404) throw error;
        });
      }),
  };
}

/** GraphQL answers the token of an App, too, which `GET /user` refuses. https://docs.github.com/en/graphql/reference/queries#viewer */
async function viewer(octokit: Octokit): Promise<string> {
  return (await octokit.graphql<{ readonly viewer: { readonly login: string } }>("query { viewer { login } }")).viewer.login;
}

/** An App's login ends with `[bot]`, which no person's does. */
function isSame(own: string, { login, type }: { readonly login: string; readonly type: string }): boolean {
  return login === own || (type === "Bot" && login === `${own}[bot]`);
}
