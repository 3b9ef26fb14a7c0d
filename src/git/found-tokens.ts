import { execFile } from "node:child_process";
import type { Token } from "../core/token.ts";
import type { Repository } from "../core/git/repository.ts";
import { once } from "../core/once.ts";
import type { Secret } from "../core/secret.ts";
import type { TokenSource } from "../core/token-source.ts";
import { inherit } from "./environment.ts";
import { runGit } from "./process.ts";

/** A server whose credential may be looked for. */
export type GitHost = Pick<Repository, "host" | "transport">;

/** Where and how a person's own credentials are looked for. */
export interface FoundTokenOptions {
  /** The hosts that the person typed: no other is asked for. */
  readonly hosts: readonly GitHost[];
  /** Returns the command that prints the token of a host's own program, such as GitHub's `gh auth token`; undefined where it has none. */
  readonly commandFor: (host: string) => readonly [program: string, ...args: string[]] | undefined;
  readonly newFolder: () => Promise<string>;
  readonly signal: AbortSignal;
  readonly secret: (value: string, name: string) => Secret;
  /** Is told where a credential was found, once for each host. */
  readonly notice: (message: string) => void;
}

/** Milliseconds that a program has to answer: it may ask a keychain. */
const patience = 30_000;
const longestAnswer = 64 * 1024;

/** What programs need to find a person's keychains and files. No token of the environment is among them. */
const personal = [
  "PATH",
  ...["HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"],
  ...["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GNUPGHOME", "GPG_TTY", "PASSWORD_STORE_DIR", "GH_CONFIG_DIR"],
];

/**
 * Returns the tokens that a person has for hosts: those that `gh auth token` prints, and those of Git's credential helpers
 * (https://git-scm.com/docs/gitcredentials). Nothing is asked before a token is wanted, and never at the terminal.
 */
export function foundTokenSources(options: FoundTokenOptions): readonly TokenSource[] {
  const asked = new Map<string, Promise<Found | undefined>>();
  const told = new Set<string>();
  const source = (by: "gh" | "helper", host: string, where: string, ask: (path: string) => Promise<Found | undefined>): TokenSource => ({
    for: host,
    by,
    fetch: async ({ resource }) => {
      const path = resource.slice(host.length + 1);
      const found = await once(asked, `${by} ${resource}`, () => sayingIfSlow(where, () => ask(path), options));
      if (found !== undefined && !told.has(host)) options.notice(`credential for ${host}: by ${where}`);
      if (found !== undefined) told.add(host);
      return found;
    },
  });
  const https = options.hosts.filter(({ transport }) => transport !== "ssh");
  return [...new Map(https.map((each) => [each.host, each])).values()].flatMap((each) => {
    const command = options.commandFor(each.host);
    const own = command && source("gh", each.host, command.slice(0, 3).join(" "), () => askProgram(command, options));
    const helper = source("helper", each.host, "Git's credential helper", (path) => askGit(each, path, options));
    return [...(own === undefined ? [] : [own]), helper];
  });
}

/** Milliseconds after which people are told whom we wait for. */
const slow = 3_000;

/** A program that asks its user in a window of its own, or hangs, would look like a hang of ours. */
async function sayingIfSlow<T>(where: string, ask: () => Promise<T>, { notice }: FoundTokenOptions): Promise<T> {
  const timer = setTimeout(() => notice(`waiting for ${where}, for at most ${patience / 1000} s`), slow);
  try {
    return await ask();
  } finally {
    clearTimeout(timer);
  }
}

type Found = Pick<Token, "value" | "expires"> & { readonly username?: string };

function personalEnvironment(): Record<string, string> {
  return { ...inherit(personal), LC_ALL: "C" };
}

async function askProgram(
  [program, ...args]: readonly [string, ...string[]],
  { newFolder, signal, secret }: FoundTokenOptions,
): Promise<Found | undefined> {
  const options = { cwd: await newFolder(), env: personalEnvironment(), signal, timeout: patience, maxBuffer: longestAnswer };
  const printed = await new Promise<string>((resolve) => {
    execFile(program, args, options, (error, output) => resolve(error === null ? output.trim() : ""));
  });
  return printed === "" || /\s/.test(printed) ? undefined : { value: secret(printed, [program, ...args].join(" ")), expires: undefined };
}

/**
 * Git runs in an empty folder: only the person's and the machine's configuration names helpers. It is asked for the repository, as `git` itself asks: a
 * helper may have a credential for some paths alone, which are often written with `.git`.
 */
async function askGit(host: GitHost, path: string, options: FoundTokenOptions): Promise<Found | undefined> {
  const paths = path === "" ? [""] : [path, `${path}.git`];
  for (const each of paths) {
    const found = await askGitFor(host, each, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function askGitFor(
  { transport, host }: GitHost,
  path: string,
  { newFolder, signal, secret }: FoundTokenOptions,
): Promise<Found | undefined> {
  const env = { ...personalEnvironment(), GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", SSH_ASKPASS: "", GCM_INTERACTIVE: "never" };
  const question = [`protocol=${transport}`, `host=${host}`, ...(path === "" ? [] : [`path=${path}`]), "", ""].join("\n");
  const timed = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const asked = await runGit(["credential", "fill"], { folder: await newFolder(), env, signal: timed, input: question }).catch(
    () => undefined,
  );
  if (asked?.code !== 0) return undefined;
  const answer = new Map(asked.output.split("\n").map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]));
  const { username, password } = loginOf(answer.get("username"), answer.get("password"));
  if (password === "") return undefined;
  const expires = Number(answer.get("password_expiry_utc"));
  return {
    value: secret(password, "git credential fill"),
    expires: expires > 0 ? new Date(expires * 1000) : undefined,
    ...(username !== undefined && { username }),
  };
}

/** Some helpers give a token as the user name, beside a word: https://github.blog/2012-09-21-easier-builds-and-deployments-using-git-over-https-and-oauth/ */
function loginOf(username: string | undefined, password = ""): { readonly username: string | undefined; readonly password: string } {
  const isWord = password === "x-oauth-basic" || (username !== undefined && password === "");
  return isWord ? { username: undefined, password: username ?? "" } : { username, password };
}
