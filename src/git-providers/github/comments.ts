import type { Comments } from "../../core/git/comments.ts";
import { statusOf } from "./failure.ts";
import type { Call } from "./pulls.ts";
import type { Self } from "./self.ts";

const read = ["comments:read"] as const;
const write = ["comments:write"] as const;

/** Returns what GitHub does with comments on pull requests, which are issues there. https://docs.github.com/en/rest/issues/comments */
export function githubComments(call: Call, self: Self): Comments {
  return {
    find: (repository, number, marker) =>
      call(`list comments of pull request #${number} of`, repository, read, async (octokit, at) => {
        const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: number, per_page: 100 });
        const marked = all.filter(({ body = "" }) => body.startsWith(marker));
        const isOwn = await self.judge(octokit, repository, marked);
        const ours = marked.filter(({ user }) => isOwn(user));
        return ours.map(({ id, body = "" }) => ({ id, body })).sort((a, b) => a.id - b.id);
      }),
    write: (repository, number, body) =>
      call(`comment on pull request #${number} of`, repository, write, async (octokit, at) => {
        const { data } = await octokit.rest.issues.createComment({ ...at, issue_number: number, body });
        self.learn(repository, data.user);
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
