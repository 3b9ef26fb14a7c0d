import { FairleadError, type ErrorCode } from "../../core/errors.ts";

/** Octokit's error for an answer of 4xx or 5xx, and, without `response`, for none. https://github.com/octokit/request-error.js */
interface RequestError extends Error {
  readonly status: number;
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>>; readonly data: unknown };
}

/** What each status means. https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
const statuses: Readonly<Record<number, { readonly code: ErrorCode; readonly cause: string; readonly hint: string }>> = {
  401: {
    code: "unauthenticated",
    cause: "GitHub does not know the token",
    hint: "check the token that is named for this repository, or that GITHUB_TOKEN holds: it may be wrong or expired",
  },
  403: {
    code: "forbidden",
    cause: "the token does not allow it",
    hint: "use a token with pull-requests: write and contents: write on the repository",
  },
  404: {
    code: "not_found",
    cause: "there is no such repository or pull request, or the token does not show it",
    hint: "check the name, and that the token may read it: a private repository looks the same as none",
  },
  410: { code: "not_found", cause: "it is gone", hint: "check that the repository still takes pull requests" },
};

/** Returns what a failed request means. `doing` begins the message. An error that is none of Octokit's comes back as it is. */
export function githubFailure(doing: string, error: unknown): unknown {
  if (!isRequestError(error)) return error;
  const { status } = error;
  if (isPassing(error)) {
    const cause = error.response === undefined ? `it cannot be reached (${error.message})` : `GitHub answered ${status}`;
    return new FairleadError("unavailable", `${doing}: ${cause}`, { cause: error });
  }
  if (status === 422) return refusal(doing, error);
  const meaning = statuses[status];
  if (meaning === undefined) return new FairleadError("internal", `${doing}: GitHub answered ${status}`, { cause: error });
  return new FairleadError(meaning.code, `${doing}: ${meaning.cause}`, { hint: meaning.hint, cause: error });
}

/** Tells whether trying again can help: no answer (Octokit calls that 500), a 5xx, or a rate limit, which may come as 403. */
export function isPassing(error: unknown): error is RequestError {
  if (!isRequestError(error)) return false;
  const headers = error.response?.headers ?? {};
  const limited = error.status === 403 && (headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined);
  return error.status >= 500 || error.status === 429 || limited;
}

/** By its shape: the class would have to be loaded to be compared with. */
function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === "HttpError" && "status" in error;
}

interface Problem {
  readonly field?: string;
  readonly code?: string;
  readonly message?: string;
}

/**
 * A pull request that GitHub does not take: a branch is missing (`invalid`), or (`custom`, without a field) the branches do not let it be: one is
 * open already, or there are no commits between them. https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
function refusal(doing: string, error: RequestError): FairleadError {
  const { message = "validation failed", errors = [] } = (error.response?.data ?? {}) as { message?: string; errors?: readonly Problem[] };
  const missing = errors.find(({ code, field }) => code === "invalid" && (field === "head" || field === "base"));
  if (missing !== undefined) {
    return new FairleadError("not_found", `${doing}: the ${missing.field ?? ""} branch does not exist`, { cause: error });
  }
  const [first] = errors;
  const said = first?.message ?? [first?.field, first?.code].filter(Boolean).join(" ");
  const code = first?.code === "custom" && first.field === undefined ? "conflict" : "input";
  return new FairleadError(code, `${doing}: GitHub refused it: ${said === "" ? message : said}`, { cause: error });
}
