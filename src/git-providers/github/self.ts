import type { Octokit } from "#sdk/@octokit/rest";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { once } from "../../core/once.ts";

/** A maker in GitHub's answers: that of a comment, a status or a deployment. */
export interface Maker {
  readonly login: string;
  readonly type: string;
}

/** Who the token of a repository is, which is asked once at most. What is ours is known by its maker: text, anybody may write. */
export interface Self {
  /** Returns what tells whether the token's own user or App has made something. Asks nothing where there is nothing to tell of. */
  judge(octokit: Octokit, repository: Repository, things: readonly unknown[]): Promise<(maker: Maker | null | undefined) => boolean>;
  /** Remembers the maker of what was made just now. */
  learn(repository: Repository, maker: Maker | null | undefined): void;
}

/** Returns what tells who we are. */
export function createSelf(): Self {
  const logins = new Map<string, Promise<string>>(); // a token is a repository's
  return {
    async judge(octokit, repository, things) {
      if (things.length === 0) return () => false;
      const own = await once(logins, formatRepository(repository), () => viewer(octokit));
      return (maker) => maker !== null && maker !== undefined && isSame(own, maker);
    },
    learn(repository, maker) {
      if (maker !== null && maker !== undefined) logins.set(formatRepository(repository), Promise.resolve(maker.login));
    },
  };
}

/** Returns the maker that an App is. Its user has the App's slug, and no other App and no account has that name. */
export function makerOf(slug: string | undefined): Maker | undefined {
  return slug === undefined ? undefined : { login: `${slug}[bot]`, type: "Bot" };
}

/** Returns the maker of a login: the name of an App's user ends with `[bot]`, as no other does. */
export function makerNamed(login: string | undefined): Maker | undefined {
  return login === undefined ? undefined : { login, type: login.endsWith("[bot]") ? "Bot" : "User" };
}

/** GraphQL answers the token of an App, too, which `GET /user` refuses. https://docs.github.com/en/graphql/reference/queries#viewer */
async function viewer(octokit: Octokit): Promise<string> {
  return (await octokit.graphql<{ readonly viewer: { readonly login: string } }>("query { viewer { login } }")).viewer.login;
}

/** An App's login ends with `[bot]`, which no person's does. */
function isSame(own: string, { login, type }: Maker): boolean {
  return login === own || (type === "Bot" && login === `${own}[bot]`);
}
