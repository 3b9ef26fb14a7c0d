import { certificateProblem, innermostCode } from "../../core/certificate.ts";
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

/**
 * Returns the error for an error of Node's HTTP client: `unsupported` for a certificate that is not taken, else `unavailable`. The reason is the
 * innermost code.
 */
export function networkFailure(doing: string, host: string, error: unknown): FairleadError {
  const code = innermostCode(error);
  const certificate = certificateProblem(code);
  if (certificate !== undefined) {
    const { cause, hint } = certificate;
    return new FairleadError("unsupported", `${doing}: ${host} cannot be reached: ${cause} (${code})`, { hint, cause: error });
  }
  return new FairleadError("unavailable", `${doing}: ${host} cannot be reached: ${reason(error, code)}`, { cause: error });
}

function reason(error: unknown, code: string): string {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return words[code] ?? (code === "" ? "the request failed" : code);
}
