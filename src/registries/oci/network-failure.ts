import { FairleadError } from "../../core/errors.ts";

/** The meaning of Node's error codes: https://nodejs.org/api/errors.html#common-system-errors */
const words: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to its network",
  ENOTFOUND: "no such host",
  EPIPE: "connection closed",
  ETIMEDOUT: "connection timed out",
};

/** Returns the `unavailable` error for an error of Node's HTTP client. The reason is the innermost code. */
export function networkFailure(doing: string, host: string, error: unknown): FairleadError {
  const code = codeOf(error);
  return new FairleadError("unavailable", `${doing}: ${host} cannot be reached: ${reason(error, code)}`, {
    hint: /CERT|SIGNATURE/.test(code) ? "name the authority of the registry's certificate in NODE_EXTRA_CA_CERTS" : undefined,
    cause: error,
  });
}

function reason(error: unknown, code: string): string {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return words[code] ?? (code === "" ? "the request failed" : code);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const inner = codeOf(error.cause);
  return inner === "" && "code" in error && typeof error.code === "string" ? error.code : inner;
}
