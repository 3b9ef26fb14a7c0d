import { certificateProblem } from "../core/certificate.ts";
import type { RefusedStatus } from "../core/token.ts";
import { refusedStatus } from "../core/token-use.ts";
import { consequences, FairleadError, machineError, type ErrorCode } from "../core/errors.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { printedProblem } from "../core/system-error.ts";
import { lastLines } from "./process.ts";
import { proxyFailureIn } from "./proxy-failure.ts";

interface Reason {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly cause: string;
  readonly hint?: string;
  /** The credential for SSH that would have helped; over HTTP it is a token. */
  readonly wants?: "ssh-key" | "known-hosts";
}

/** Git tells what is wrong with a certificate in words of its TLS library: `certificateProblem` reads them. */
const untrusted = "its TLS certificate is not trusted";

/** What Git says of a redirect, which it does not follow. */
const moved = /unable to update url base from redirection|(RPC failed; HTTP|returned error:) 30\d/;

const tooLarge = {
  code: "unsupported",
  cause: "what it sends is larger than 2 GiB, or broken",
  hint: "a run takes 2 GiB of one repository, as it is sent",
} as const;

/**
 * The reasons why Git can fail on a server. The exit code is 128 for all of them, so its text is read.
 * The texts are those of remote-curl.c, http.c, connect.c and transport-helper.c of Git 2.39 to 2.51 (with LC_ALL=C),
 * of OpenSSH's ssh and sshconnect.c, and of GitHub over SSH.
 * The first match counts. ssh's "Could not read from remote repository" follows each of its failures, so it comes last.
 */
const reasons: readonly Reason[] = [
  {
    says: /Host key verification failed|No \S+ host key is known/,
    code: "unauthenticated",
    cause: "its SSH host key is not among the known ones",
    hint: "check the server's keys, and put them among the known hosts",
    wants: "known-hosts",
  },
  {
    says: /returned error: 403|Permission to \S+ denied|Write access to repository not granted|has been marked as read only/,
    code: "forbidden",
    cause: "the credential does not allow it",
    hint: "use a token or key that may read this repository, and write to it for a push",
    wants: "ssh-key",
  },
  {
    says: /could not read (Username|Password) for/,
    code: "unauthenticated",
    cause: "the server wants a credential, and there is none for it",
    hint: "check its name",
    wants: "ssh-key",
  },
  {
    says: /Authentication failed for|returned error: 401|Permission denied \(/,
    code: "unauthenticated",
    cause: "the server does not take the credential",
    wants: "ssh-key",
  },
  {
    says: /not our ref|couldn't find remote ref|unadvertised object/,
    code: "not_found",
    cause: "the repository has no such branch, tag or commit",
    hint: "check that it was pushed, and that a commit is named by its full SHA of 40 digits",
  },
  {
    says: /repository '[^'\n]*' not found|Repository not found|does not appear to be a git repository|returned error: 404/,
    code: "not_found",
    cause: "there is no such repository, or the credential does not show it",
    hint: "check its name",
    wants: "ssh-key",
  },
  { says: /died of signal 25|File too large|Out of memory/, ...tooLarge },
  {
    says: moved,
    code: "not_found",
    cause: "the repository has moved",
    hint: "use its new URL",
  },
  {
    says: /error setting certificate (file|verify locations)/,
    code: "input",
    cause: "the file of certificates that GIT_SSL_CAINFO names cannot be read",
    hint: "name a file of PEM certificates",
  },
  { says: /certificate/, code: "unsupported", cause: untrusted },
  {
    says: /Could not resolve host/,
    code: "unavailable",
    cause: "there is no such host, or its name cannot be looked up now",
    hint: "check the name of the host, and run it again",
  },
  {
    says: /Failed to connect to|Couldn't connect to server|Connection (refused|timed out)/,
    code: "unavailable",
    cause: "the server cannot be reached",
  },
  {
    says: /unable to access|RPC failed|early EOF|hung up unexpectedly|Could not read from remote repository|returned error: (429|5\d\d)/,
    code: "unavailable",
    cause: "the server broke off",
  },
  { says: /invalid index-pack output/, ...tooLarge },
];

/**
 * Returns the error for a failed command on a server. Its message begins with `doing`; its `output` is Git's last
 * lines.
 */
export function remoteFailure(doing: string, errors: string, repository?: Repository): FairleadError {
  const problem = printedProblem(doing, errors);
  if (problem !== undefined) return machineError(problem);
  const reason = proxyFailureIn(errors) ?? reasons.find(({ says }) => says.test(errors));
  const found: (Omit<Reason, "says"> & { readonly hint?: string | undefined }) | undefined =
    reason?.cause === untrusted ? { ...reason, ...certificateProblem(errors) } : reason;
  return new FairleadError(found?.code ?? "internal", `${doing}: ${found?.cause ?? "Git failed"}`, {
    hint: found?.hint,
    output: lastLines(errors),
    wanted: repository &&
      found?.wants && { kind: repository.transport === "ssh" ? found.wants : "token", for: formatRepository(repository) },
  });
}

/** Returns the status by which a server refuses a credential; undefined for every other failure, such as that of a proxy. */
export function credentialRefusal(errors: string): RefusedStatus | undefined {
  return proxyFailureIn(errors) === undefined ? refusedStatus(consequences[remoteFailure("", errors).code].http) : undefined;
}

/** Tells whether the server has said that the repository is elsewhere. */
export function hasMoved(errors: string): boolean {
  return reasons.find(({ says }) => says.test(errors))?.says === moved;
}

/** Returns the error for a repository that has moved, to an address if the server says one. */
export function movedFailure(doing: string, address: string | undefined): FairleadError {
  const cause = address === undefined ? "the repository has moved" : `the repository has moved to ${address}`;
  const hint = address === undefined ? "use its new URL" : `if it is yours, use ${address}`;
  return new FairleadError("not_found", `${doing}: ${cause}`, {
    hint: `a redirect is not followed, as a credential would go along: ${hint}`,
  });
}

/** Returns the address that a server redirects to, from Git's trace of headers: without what may be secret in it, and the part of Git's protocol. */
export function readAddress(trace: string): string | undefined {
  const url = URL.parse(/Recv header: location: (\S{1,500})/i.exec(trace)?.[1] ?? "");
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return `${url.origin}${url.pathname.replace(/\/(info\/refs|git-(upload|receive)-pack)$/, "")}`;
}
