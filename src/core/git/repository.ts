import { FairleadError } from "../errors.ts";
import { withoutLogin } from "../text/quote.ts";
import { trim } from "../text/trim.ts";

/** A Git repository on a server. Two spellings of one repository have the same `host` and `path`. */
export interface Repository {
  /** With its port if the URL has one, in lower case: `github.com`, `127.0.0.1:8080`. */
  readonly host: string;
  /** Without leading slash and `.git`: `acme/app`. */
  readonly path: string;
  readonly transport: "https" | "http" | "ssh";
  /** The URL for Git, which never holds a credential. */
  readonly url: string;
  /** True where the text names no transport: `transport` is https until `settleTransport` has looked at the servers. */
  readonly unsettled?: true;
}

/**
 * Returns the repository that `text` names: `https://`, `http://` (a run takes it where plain HTTP is allowed), `ssh://`,
 * `git@host:path`, or `host/path`, whose transport a run settles. Throws `input` with what is wrong.
 */
export function parseRepository(text: string): Repository {
  const wrong = (why: string, hint?: string): FairleadError =>
    new FairleadError("input", `read Git repository "${withoutLogin(text)}": ${why}`, { hint });
  const url = URL.parse(asUrl(text));
  if (url === null) throw wrong("it is no URL", "give a URL such as https://github.com/acme/app");
  const transport = url.protocol.slice(0, -1);
  if (transport !== "https" && transport !== "http" && transport !== "ssh") {
    throw wrong(`${transport} is not supported`, "give an https or ssh URL, or a folder with --source");
  }
  if (url.password !== "" || (transport !== "ssh" && url.username !== "")) {
    throw wrong("it holds a credential", "take it out of the URL, and name the token where it is: env:NAME, file:PATH or cmd:COMMAND");
  }
  if (url.search !== "" || url.hash !== "") throw wrong("it has a query or a fragment", "name the branch, tag or commit with --ref");
  if (url.host.startsWith("-") || url.username.startsWith("-")) throw wrong("its host is an option of a program");
  // Git refuses them late, or takes what stands after one for another line: https://nvd.nist.gov/vuln/detail/CVE-2020-5260
  if (/%[01][\da-f]|%7f/i.test(url.href)) throw wrong("it has a control character");
  const path = trim(url.pathname, "/").replace(/\.git$/, "");
  if (!/^[^\s\0\\]+$/.test(path) || path.split("/").some((part) => part === "" || part === "." || part === ".." || part.startsWith("-"))) {
    throw wrong("it has no path of a repository");
  }
  const host = url.host.toLowerCase();
  // The short SSH form is kept as it is: its path begins at the user's home, that of an ssh URL at the root.
  return {
    host: (transport === "ssh" ? sshHosts.get(host) : undefined) ?? host,
    path,
    transport,
    url: scpForm.test(text) ? text : url.href,
    ...(!scpForm.test(text) && !text.includes("://") && { unsettled: true as const }),
  };
}

/**
 * Hosts that take SSH at the port of HTTPS, for firewalls that let nothing else out, and the hosts whose repositories they have.
 * https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port
 * https://docs.gitlab.com/user/gitlab_com/#alternative-ssh-port
 * https://support.atlassian.com/bitbucket-cloud/docs/troubleshoot-ssh-issues/
 */
const sshHosts: ReadonlyMap<string, string> = new Map([
  ["ssh.github.com:443", "github.com"],
  ["altssh.gitlab.com:443", "gitlab.com"],
  ["altssh.bitbucket.org:443", "bitbucket.org"],
]);

/** Returns the repository's name, which is the same for all its URLs: `github.com/acme/app`. `parseRepository` reads it back. */
export function formatRepository(repository: Repository): string {
  return `${repository.host}/${repository.path}`;
}

/** Returns the page of the repository: what `org.opencontainers.image.source` holds. */
export function repositoryPage(repository: Repository): string {
  return `${repository.transport === "http" ? "http" : "https"}://${formatRepository(repository)}`;
}

/** Tells whether a host name, without its port, is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** `user@host:path`, as `git clone` reads it. */
const scpForm = /^([^\s/@:]+)@([^\s/:]+):(?!\/\/)(.+)$/;

function asUrl(text: string): string {
  const scp = scpForm.exec(text);
  if (scp !== null) return `ssh://${scp[1]}@${scp[2]}/${scp[3]?.replace(/^\/+/, "")}`;
  if (text.includes("://")) return text;
  return /^[^\s/@.:]+[.:][^\s/@]*\//.test(text) || text.startsWith("localhost/") ? `https://${text}` : "";
}
