/** Octokit's error for an answer of 4xx or 5xx, and, without `response`, for none. https://github.com/octokit/request-error.js */
export interface RequestError extends Error {
  readonly status: number;
  readonly request?: { readonly url?: string };
  readonly response?: {
    /** The URL that was asked. */
    readonly url?: string;
    readonly headers: AnswerHeaders;
    readonly data: unknown;
  };
}

/** Octokit's error for an answer of 200 with errors in it. https://docs.github.com/en/graphql/guides/using-the-explorer (`errors`) */
export interface GraphqlResponseError extends Error {
  readonly errors: readonly GraphqlProblem[];
  readonly headers?: AnswerHeaders;
  /** Its URL is there at an Enterprise Server alone. */
  readonly request?: { readonly url?: string };
}

/** The headers of an answer, by their names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | number | undefined>>;

/** An error in an answer to a GraphQL query. */
export interface GraphqlProblem {
  /** The type of the error; undefined for an error of GitHub's own. */
  readonly type?: string;
  readonly message: string;
  /** Has a `code` if the query itself is wrong. */
  readonly extensions?: { readonly code?: string };
}

/** Tells whether an error is GraphQL's. Checks the shape: to compare with the class, the SDK would have to be loaded. */
export function isGraphqlError(error: unknown): error is GraphqlResponseError {
  return error instanceof Error && error.name === "GraphqlResponseError" && "errors" in error;
}

/** Tells whether an error is that of a request, as `isGraphqlError` does. */
export function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === "HttpError" && "status" in error;
}

/** Returns the headers of the answer that an error is of, and the URL that was asked, as far as they are known. */
export function answerOf(error: RequestError | GraphqlResponseError): {
  readonly headers: AnswerHeaders;
  readonly url: string | undefined;
} {
  if (isGraphqlError(error)) return { headers: error.headers ?? {}, url: error.request?.url };
  return { headers: error.response?.headers ?? {}, url: error.response?.url };
}

/** Returns the first error of a GraphQL answer. */
export function firstProblem({ errors }: GraphqlResponseError): GraphqlProblem {
  return errors[0] ?? { message: "it does not say why" };
}
