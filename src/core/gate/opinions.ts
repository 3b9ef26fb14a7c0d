import type { People, Person, Review, WrittenComment } from "../git/people.ts";
import type { Repository } from "../git/repository.ts";
import { cut } from "../text/cut.ts";
import { visible } from "../text/visible.ts";
import { parseCommand, standsFor } from "./command.ts";

/** What somebody has said of a commit, before it is known whether they count. */
export interface Opinion {
  /** `withheld`: somebody has asked for changes. */
  readonly verdict: "approved" | "rejected" | "withheld";
  readonly by: Person | undefined;
  readonly how: "comment" | "review";
  readonly url: string;
}

/** Opinions of a commit, and why what else was said is none: a line each. */
export interface Opinions {
  readonly opinions: readonly Opinion[];
  readonly notes: readonly string[];
}

/** Returns what the comments on a pull request say of a commit: `/ok-to-test SHA`, `/approve SHA`, `/reject SHA`. */
export async function opinionsIn(
  comments: readonly WrittenComment[],
  commit: string,
  commitOf: (start: string) => Promise<string | undefined>,
): Promise<Opinions> {
  const found = await Promise.all(comments.map((comment) => opinionIn(comment, commit, commitOf)));
  return split(found);
}

async function opinionIn(
  { author, text, isEdited, byProgram, url }: WrittenComment,
  commit: string,
  commitOf: (start: string) => Promise<string | undefined>,
): Promise<Opinion | string | undefined> {
  const command = parseCommand(text);
  if (command === undefined) return undefined;
  const not = (why: string): string => `the comment of ${nameOf(author)} does not count: ${why}`;
  if (command.sha === undefined) return not("it names no SHA");
  if (!standsFor(command.sha, commit)) return not("it names another commit");
  if (isEdited) return not("it was edited");
  if (byProgram) return not("a program has written it");
  if (command.sha !== commit && (await commitOf(command.sha)) !== commit) return not("its SHA fits more than one commit");
  return { verdict: command.verdict, by: author, how: "comment", url };
}

/**
 * Returns what the reviews of a pull request say of a commit. Of each author the last one counts that says something: a comment says nothing, and a review
 * that was dismissed no more. Who has asked for changes withholds the approval of any commit.
 */
export function opinionsOf(reviews: readonly Review[], commit: string): Opinions {
  const said = reviews.filter(({ state }) => state !== "commented" && state !== "pending");
  const last = Map.groupBy(said, ({ author }) => author?.login).values();
  return split([...last].map((ofOne) => opinionOf(ofOne.at(-1)!, commit)));
}

function opinionOf({ author, state, commit: reviewed, url }: Review, commit: string): Opinion | string {
  const not = (why: string): string => `the review of ${nameOf(author)} does not count: ${why}`;
  if (state === "dismissed") return not("it was dismissed");
  if (state === "changes-requested") return { verdict: "withheld", by: author, how: "review", url };
  return reviewed === commit ? { verdict: "approved", by: author, how: "review", url } : not("it is of another commit");
}

function split(found: readonly (Opinion | string | undefined)[]): Opinions {
  return {
    opinions: found.filter((each) => typeof each === "object"),
    notes: found.filter((each) => typeof each === "string"),
  };
}

/** Returns how somebody is named in a message. */
export function nameOf(person: Person | undefined): string {
  return person === undefined ? "somebody" : cut(visible(person.login), 50);
}

/** Returns all that was said of a commit on these pull requests. */
export async function readOpinions(people: People, repository: Repository, numbers: readonly number[], commit: string): Promise<Opinions> {
  const all = await Promise.all(
    numbers.map(async (number) => {
      const [reviews, comments] = await Promise.all([people.reviews(repository, number), people.comments(repository, number)]);
      const said = await opinionsIn(comments, commit, (start) => people.commitOf(repository, start));
      const reviewed = opinionsOf(reviews, commit);
      return { opinions: [...said.opinions, ...reviewed.opinions], notes: [...said.notes, ...reviewed.notes] };
    }),
  );
  return { opinions: all.flatMap(({ opinions }) => opinions), notes: all.flatMap(({ notes }) => notes) };
}
