import { FairleadError, Stale } from "../core/errors.ts";
import type { PullRequest, PullRequestText } from "../core/git-provider.ts";
import { formatRepository, type Repository } from "../core/repository.ts";
import { unchanged, type Step } from "../core/step.ts";

/** The pull request that there should be. */
export interface OpenPullRequestInput {
  readonly repository: Repository;
  readonly head: string;
  readonly base: string;
  readonly text: PullRequestText;
}

/** The pull request that there is. In a dry run it has no number yet. */
export type OpenedPullRequest = { readonly number: number | null; readonly url: string | null };

/** Opens a pull request, or adopts the open one from the same branch and brings its title and body up to date. */
export const openPullRequest: Step<OpenPullRequestInput, OpenedPullRequest> = {
  name: "open-pull-request",
  needs: ["pull-requests:write"],
  key: ({ repository, head, base }) => `${formatRepository(repository)} ${head} → ${base}`,
  async plan(ctx, { repository, head, base, text }) {
    const { name, findPullRequest: find, openPullRequest: open, editPullRequest: edit } = ctx.gitProvider(repository.host);
    if (find === undefined || open === undefined || edit === undefined) {
      throw new FairleadError("unsupported", `open pull request in ${formatRepository(repository)}: ${name} cannot do this`);
    }
    const query = { repository, head, base };
    const there = await find(query);
    if (there?.title === text.title && there.body === text.body) return unchanged(numbered(there));
    const target = `pull request ${formatRepository(repository)} ${head} → ${base}`;
    return there === undefined
      ? {
          changes: [{ target, action: "create", to: text.title }],
          warnings: [],
          expected: { number: null, url: null },
          async apply() {
            const refused = async (error: unknown): Promise<never> => {
              throw (await find(query)) === undefined ? error : new Stale(`${target} was opened by somebody else`);
            };
            return numbered(await open(query, text).catch(refused));
          },
        }
      : {
          changes: [{ target, action: "update", from: there.title, to: text.title }],
          warnings: [],
          expected: numbered(there),
          apply: async () => numbered(await edit(repository, there.number, text)),
        };
  },
};

function numbered({ number, url }: PullRequest): OpenedPullRequest {
  return { number, url };
}
