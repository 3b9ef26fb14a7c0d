import { FairleadError } from "../../core/errors.ts";
import type { AppCredential } from "../../core/git/app.ts";
import { githubFailure, statusOf } from "./failure.ts";
import { answerOf, isRequestError, type RequestError } from "./octokit-error.ts";
import { aside, saidIn, sentenceIn } from "./said.ts";

/** An App in messages: at which GitHub, and what it is known by. */
export interface NamedApp {
  readonly host: string;
  readonly app: Pick<AppCredential, "id">;
}

/** What GitHub says when it refuses an App itself: https://docs.github.com/en/rest/apps/apps */
interface Meaning {
  readonly says: RegExp;
  readonly code: "unauthenticated" | "forbidden";
  readonly cause: string;
  readonly hint: string;
}

/** Returns the FairleadError for a failed request of an App. Its message begins with `doing`. */
export function appFailure(doing: string, { host, app }: NamedApp, error: unknown): unknown {
  if (!isRequestError(error) || error.response === undefined || error.status >= 500) return githubFailure(doing, error);
  const said = sentenceIn(error.response.data);
  if (isTimeRefusal(said)) return clockFailure(doing, host, error);
  const meaning = meanings(app.id).find(({ says }) => says.test(said));
  if (meaning === undefined) return githubFailure(doing, error);
  return new FairleadError(meaning.code, `${doing}: ${meaning.cause}`, { hint: meaning.hint, cause: error });
}

function meanings(id: string): readonly Meaning[] {
  return [
    {
      says: /could not be decoded|Bad credentials/i,
      code: "unauthenticated",
      cause: `the key is not one of App ${id}`,
      hint: "make a new private key on the App's page, and give its file as the key",
    },
    {
      says: /must generate a public key/i,
      code: "unauthenticated",
      cause: `App ${id} has no key`,
      hint: "make a private key on the App's page, and give its file as the key",
    },
    {
      says: /integration not found/i,
      code: "unauthenticated",
      cause: `there is no App ${id}: it was deleted, or it never was`,
      hint: "give the ID of an App that exists: it is on the App's page",
    },
  ];
}

/** Tells whether GitHub refuses the times of an App's token: `iat` or `exp`. */
function isTimeRefusal(said: string): boolean {
  return /'(Issued at|Expiration time)' claim/.test(said);
}

/** The token was made once more by the time of GitHub's answer, and refused again: the answer has no time, or a proxy's. */
function clockFailure(doing: string, host: string, error: RequestError): FairleadError {
  const date = Date.parse(String(answerOf(error).headers.date ?? ""));
  const difference = Number.isNaN(date) ? "" : ` by ${Math.round(Math.abs(Date.now() - date) / 1000)} s`;
  return new FairleadError("unauthenticated", `${doing}: this machine's clock differs from ${host}'s${difference}${aside(saidBy(error))}`, {
    hint: "set this machine's clock, by NTP for example",
    cause: error,
  });
}

function saidBy(error: RequestError): string {
  return saidIn(error.response?.data);
}

/** Tells whether GitHub refuses a token for an installation that is there, since somebody has suspended it. */
export function isSuspended(error: unknown): boolean {
  return statusOf(error) === 403 && isRequestError(error) && /suspended/i.test(saidBy(error));
}

/** Tells whether the installation, or the repository in it, is no longer as it was found. */
export function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 422 || (status === 404 && isRequestError(error) && !/integration/i.test(saidBy(error)));
}
