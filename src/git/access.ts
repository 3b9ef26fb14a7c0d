import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AdapterOptions } from "../core/adapter.ts";
import { findCredential, type Credential } from "../core/credential.ts";
import type { Token } from "../core/token.ts";
import { FairleadError } from "../core/errors.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { once } from "../core/once.ts";
import type { Permission } from "../core/permission.ts";
import type { Secret } from "../core/secret.ts";
import { withToken, type TokenUse } from "../core/token-use.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { cleanEnvironment } from "./environment.ts";
import type { FoundSsh } from "./found-ssh.ts";
import type { GitCall } from "./process.ts";
import { startSshAgent } from "./ssh-agent.ts";

/** The run's access to repositories, with its temporary folders. Disposing of it ends agents and removes folders. */
export interface Access extends AsyncDisposable {
  /** Returns a new empty folder, which lives as long as the run. */
  newFolder(): Promise<string>;
  /** Throws when there cannot be a way into the repository. Its server is not asked. */
  check(repository: Repository): Promise<void>;
  /**
   * Returns what `use` does with an environment of our own Git, to which the repository is open as far as there is a credential. The
   * environment is good for one process: a token may end. Where `refusedBy` says that the token was refused, a new one may be tried.
   */
  withEnvironment<T>(
    repository: Repository,
    permission: Permission,
    use: (opened: Opened) => Promise<T>,
    refusedBy?: TokenUse["refusedBy"],
  ): Promise<T>;
}

/** What opens a repository to one call of Git. */
export type Opened = Pick<GitCall, "env" | "config">;

/** Whom the Git of a run is. */
export interface AccessOptions extends Pick<AdapterOptions, "credentials" | "signal" | "delay"> {
  /** Keys and known hosts. */
  readonly ssh: readonly Credential[];
  /** Finds what the person who runs this has for SSH, for repositories that have no key of the run's. Without it, nothing is looked for. */
  readonly findSsh?: (repository: Repository) => Promise<FoundSsh | undefined>;
  readonly notice: (message: string) => void;
  /** Returns all certificates of authorities that Git is to trust, as PEM; undefined for its own. */
  readonly authorities: () => string | undefined;
}

/** Returns access by these credentials. Nothing is made before it is needed. */
export function createAccess({ credentials, ssh, findSsh, notice, authorities, signal, delay }: AccessOptions): Access {
  const cleanUp = new AsyncDisposableStack();
  const folders = new Map<string, Promise<string>>();
  const newFolder = createFolders(cleanUp);
  const home = (): Promise<string> => once(folders, "home", newFolder);
  const trusted = new Map<string, Promise<Opened["env"]>>();
  const openAuthorities = async (): Promise<Opened["env"]> => {
    const text = authorities();
    if (text === undefined) return {};
    const file = join(await newFolder(), "authorities.pem");
    await writeFile(file, text);
    return { GIT_SSL_CAINFO: file };
  };
  const agents = new Map<Credential, Promise<string>>();
  const startAgent = async (key: Credential): Promise<string> => cleanUp.use(await startSshAgent(key.secret, await newFolder())).socket;
  const findOwnSsh = async (repository: Repository): Promise<FoundSsh | undefined> => {
    if (findSsh === undefined || findCredential(ssh, formatRepository(repository), "ssh-key") !== undefined) return undefined;
    const found = await findSsh(repository);
    if (found === undefined) return undefined;
    if (found.agent === undefined && found.keys.length === 0) return undefined;
    notice(`credential for ${repository.host}: by ${found.agent === undefined ? found.keys.join(", ") : "ssh-agent"}`);
    return found;
  };
  const sshCommands = new Map<string, Promise<string>>();
  const writeKnownHosts = async (text: Secret): Promise<string> => {
    const file = join(await newFolder(), "known_hosts");
    await writeFile(file, `${await text.reveal()}\n`);
    return file;
  };
  const openSshCommand = async (repository: Repository): Promise<string> => {
    const found = await findOwnSsh(repository);
    if (found !== undefined) {
      const given = findCredential(ssh, formatRepository(repository), "known-hosts");
      return ownSshCommand(found, given === undefined ? found.knownHosts : [await writeKnownHosts(given.secret)]);
    }
    const { key, knownHosts } = sshCredentials(ssh, repository);
    const socket = agents.get(key) ?? startAgent(key);
    agents.set(key, socket);
    const file = await writeKnownHosts(knownHosts);
    return sshCommand(quoted(await socket), [file]);
  };
  return {
    newFolder,
    async check(repository) {
      if (repository.transport === "ssh") await once(sshCommands, formatRepository(repository), () => openSshCommand(repository));
      else await credentials.token({ resource: formatRepository(repository), permissions: ["contents:read"], signal });
    },
    async withEnvironment(repository, permission, use, refusedBy = () => undefined) {
      const env = cleanEnvironment(await home());
      const name = formatRepository(repository);
      if (repository.transport === "ssh") {
        return await use({ env: { ...env, GIT_SSH_COMMAND: await once(sshCommands, name, () => openSshCommand(repository)) } });
      }
      const ask = { resource: name, permissions: [permission], signal, doing: `open ${name}`, delay, refusedBy };
      return await withToken(
        credentials,
        ask,
        async (token) => await use(await openWithToken({ ...env, ...(await once(trusted, "", openAuthorities)) }, repository, token)),
      );
    },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

/** Returns what makes empty folders, which are removed with the stack. */
export function createFolders(cleanUp: AsyncDisposableStack): () => Promise<string> {
  const roots = new Map<string, Promise<string>>();
  const root = (): Promise<string> => once(roots, "root", () => Promise.try(() => makeRoot(cleanUp)));
  return async () => await mkdtemp(join(await root(), "git-"));
}

function makeRoot(cleanUp: AsyncDisposableStack): string {
  const folder = makeTemporaryFolder("fairlead-git");
  const options = { recursive: true, force: true, maxRetries: 5 };
  const removeAtExit = (): void => rmSync(folder, options); // a second Ctrl-C ends the process without disposing of anything
  process.once("exit", removeAtExit);
  cleanUp.defer(async () => {
    await rm(folder, options);
    process.off("exit", removeAtExit);
  });
  return folder;
}

/** Prints what Git's credential protocol asks for (https://git-scm.com/docs/git-credential#IOFMT). The shell's own printf is no process. */
const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$FAIRLEAD_GIT_USERNAME" "$FAIRLEAD_GIT_TOKEN"; }; f`;

/**
 * A helper for one host hands out the token, from an environment variable. An `http.<url>.extraHeader` would not do: after a redirect, Git
 * sends it to the other host too, with every request but the first.
 */
async function openWithToken(env: Opened["env"], { transport, host }: Repository, token: Token | undefined): Promise<Opened> {
  if (token === undefined) return { env };
  return {
    env: { ...env, FAIRLEAD_GIT_USERNAME: token.username, FAIRLEAD_GIT_TOKEN: await token.value.reveal() },
    config: { [`credential.${transport}://${host}.helper`]: helper },
  };
}

function sshCredentials(credentials: readonly Credential[], repository: Repository): { key: Credential; knownHosts: Secret } {
  const name = formatRepository(repository);
  const key = findCredential(credentials, name, "ssh-key");
  const knownHosts = findCredential(credentials, name, "known-hosts");
  const missing = (kind: "ssh-key" | "known-hosts", what: string): FairleadError =>
    new FairleadError("unauthenticated", `use ${name} over SSH: ${what}`, { wanted: { kind, for: name } });
  if (key === undefined) throw missing("ssh-key", "there is no key");
  if (knownHosts === undefined) throw missing("known-hosts", "there are no known hosts");
  return { key, knownHosts: knownHosts.secret };
}

/** The person's configuration is not used. https://man.openbsd.org/ssh_config */
function sshCommand(agent: string, knownHosts: readonly string[], keys: readonly string[] = []): string {
  const options = [
    ["BatchMode", "yes"],
    ["ConnectTimeout", "30"],
    ["GlobalKnownHostsFile", "/dev/null"],
    ["IdentityAgent", agent],
    ...(keys.length === 0 ? ["none"] : keys.map(quoted)).map((file) => ["IdentityFile", file]),
    ["ServerAliveInterval", "15"],
    ["StrictHostKeyChecking", "yes"],
    ["UserKnownHostsFile", knownHosts.map(quoted).join(" ")],
  ];
  return ["ssh -F /dev/null", ...options.map(([name, value]) => `-o ${shellQuoted(`${name}=${value}`)}`)].join(" ");
}

/** The person's own agent and keys, which no other run may have. */
function ownSshCommand({ agent, keys }: FoundSsh, knownHosts: readonly string[]): string {
  return sshCommand(agent === undefined ? "none" : quoted(agent), knownHosts.length === 0 ? ["/dev/null"] : knownHosts, keys);
}

/** ssh reads a path in quotation marks, in which only they and backslashes are special. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&")}"`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
