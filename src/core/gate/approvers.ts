import { includes, type People, type Person, type Right } from "../git/people.ts";
import type { Repository } from "../git/repository.ts";

/** The people whose approval counts: who has the right in the repository, and the members of the teams. */
export interface Approvers {
  /** Undefined: no right alone is enough. */
  readonly right: Right | undefined;
  /** Such as `acme/release-team`. */
  readonly teams: readonly string[];
}

/** Returns what tells why somebody does not count; undefined: they do. Each account is asked for once. */
export function createJudge(
  people: People,
  repository: Repository,
  approvers: Approvers,
): (person: Person | undefined) => Promise<string | undefined> {
  const judged = new Map<string, Promise<string | undefined>>();
  return (person) => {
    if (person === undefined) return Promise.resolve("the account is gone");
    if (person.isBot) return Promise.resolve("it is no person");
    const known = judged.get(person.login) ?? whyNot(people, repository, approvers, person.login);
    judged.set(person.login, known);
    return known;
  };
}

async function whyNot(people: People, repository: Repository, { right, teams }: Approvers, login: string): Promise<string | undefined> {
  const has = right === undefined ? undefined : await people.right(repository, login);
  if (has !== undefined && right !== undefined && includes(has, right)) return undefined;
  if (right === undefined && teams.length === 0) return "only the reviewers of the environment do";
  const memberships = await Promise.all(teams.map((team) => people.isMember(repository, team, login)));
  if (memberships.includes(true)) return undefined;
  return [
    ...(has === undefined ? [] : [`the right is ${has}, not ${right ?? has}`]),
    ...(teams.length === 0 ? [] : [`no member of ${teams.join(" or ")}`]),
  ].join(", ");
}
