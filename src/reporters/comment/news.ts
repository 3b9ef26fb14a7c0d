import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import type { Commits, CommitsBetween } from "../../core/git/commits.ts";
import type { GitProvider } from "../../core/git/provider.ts";
import type { Repository } from "../../core/git/repository.ts";
import type { DeployedFact } from "../../core/run/facts.ts";
import { cutLine } from "../../core/text/cut.ts";
import { isRepository, rowLimits, type News } from "./row.ts";

/** The list is an extra: without it, or without the right to read it, the comment has none. */
const dispensable: readonly ErrorCode[] = ["forbidden", "not_found", "unsupported", "input"];

/**
 * Returns the commits that the images bring, of those that were built from the repository itself: an image says of itself what it was built from, and
 * what the token may read elsewhere is not for those who read here.
 */
export async function readNews(provider: GitProvider, repository: Repository, images: readonly DeployedFact[]): Promise<readonly News[]> {
  const { commits } = provider;
  if (commits === undefined) return [];
  const lists = images.slice(0, rowLimits.news).map(async ({ from, source }) => {
    const { since, commit } = source ?? {};
    if (source === undefined || since === undefined || commit === undefined || since === commit) return [];
    if (!isRepository(source.repository, repository)) return [];
    const between = await readBetween(commits, repository, since, commit);
    const compare = provider.comparePage?.(repository, since, commit) ?? null;
    return between === undefined ? [] : [toNews(tagged(from) ?? since.slice(0, 7), compare, between)];
  });
  return (await Promise.all(lists)).flat();
}

async function readBetween(commits: Commits, repository: Repository, from: string, to: string): Promise<CommitsBetween | undefined> {
  try {
    return await commits.between(repository, { from, to });
  } catch (error) {
    if (error instanceof FairleadError && dispensable.includes(error.code)) return undefined;
    throw error;
  }
}

/** Returns an image without its digest, which nobody reads; undefined where no tag is left. */
function tagged(image = ""): string | undefined {
  const [name = ""] = image.split("@", 1);
  return /:[^/:]+$/.test(name) ? name : undefined;
}

function toNews(since: string, compare: string | null, { commits, total }: CommitsBetween): News {
  const subjects = commits.map(({ subject }) => subject);
  return {
    since: cutLine(since, rowLimits.text),
    compare,
    total,
    commits: commits.slice(0, rowLimits.commits).map(({ sha, subject, author }) => ({
      sha: sha.slice(0, 7),
      subject: cutLine(subject, rowLimits.text / 3),
      author: cutLine(author, rowLimits.text / 6),
    })),
    pullRequests: [...new Set(commits.flatMap(({ pullRequests }) => pullRequests))].slice(0, rowLimits.numbers),
    tickets: ticketsIn(subjects).slice(0, rowLimits.numbers),
  };
}

/** The keys of standards, which look like those of tickets. */
const standards: readonly string[] = ["ISO", "RFC", "SHA", "UTF"];

/** Returns the keys of tickets in texts, such as `SHOP-123`, each once. */
function ticketsIn(texts: readonly string[]): readonly string[] {
  const found = texts.flatMap((text) => [...text.matchAll(/(?<![\w-])([A-Z][A-Z0-9]{1,9})-[1-9]\d{0,6}(?![\w-])/g)]);
  return [...new Set(found.flatMap(([key, project = ""]) => (standards.includes(project) ? [] : [key])))];
}
