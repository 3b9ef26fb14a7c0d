import type { ErrorDetails } from "./errors.ts";

/** Why a server's certificate is not taken, and what to do. It does not pass by itself. */
export interface CertificateProblem {
  readonly cause: string;
  readonly hint: NonNullable<ErrorDetails["hint"]>;
}

const untrusted: CertificateProblem = {
  cause: "its TLS certificate is not trusted",
  hint: "name the authority's certificate in NODE_EXTRA_CA_CERTS, SSL_CERT_FILE or servers.tls.ca",
};
const expired: CertificateProblem = {
  cause: "its TLS certificate is not valid now",
  hint: "renew the server's certificate, or set the clock of this machine",
};
const foreign: CertificateProblem = { cause: "its TLS certificate is for another host", hint: "use the host that the certificate names" };

/**
 * Codes of Node's errors, and texts of Git's with OpenSSL and GnuTLS. https://nodejs.org/api/tls.html#x509-certificate-error-codes, and http.c and vtls of
 * curl. The first match counts.
 */
const problems: readonly (readonly [RegExp, CertificateProblem])[] = [
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate has expired|certificate is not yet valid|certificate is not yet activated/, expired],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH|no alternative certificate subject name|certificate subject name .* does not match/, foreign],
  [/^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)|certificate/, untrusted],
];

/** Returns what is wrong with a certificate, by the code of an error or by the text of a program; undefined where it is something else. */
export function certificateProblem(said: string): CertificateProblem | undefined {
  return problems.find(([pattern]) => pattern.test(said))?.[1];
}

/** Returns the code of the innermost error that has one; empty without any. */
export function innermostCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { original } = error as { readonly original?: unknown };
  const inner = innermostCode(error.cause ?? original);
  return inner === "" && "code" in error && typeof error.code === "string" ? error.code : inner;
}
