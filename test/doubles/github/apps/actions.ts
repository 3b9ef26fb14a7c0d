/** What people do with Apps in the browser. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findRepository, type Repository, type State } from "../state.ts";
import type { App, Installation, Lag, Permissions } from "./state.ts";

export interface NewApp {
  readonly slug: string;
  readonly owner?: string | undefined;
  readonly permissions?: Permissions | undefined;
  readonly events?: readonly string[] | undefined;
}

/** An App with its private key, as whoever makes one is given it. */
export interface MadeApp {
  readonly id: number;
  readonly slug: string;
  readonly clientId: string;
  /** PKCS#1, as GitHub's are. */
  readonly pem: string;
}

export interface NewInstallation {
  readonly app: number;
  readonly account: string;
  /** Their full names; without them, all of the account. */
  readonly repositories?: readonly string[] | undefined;
  /** Those that were accepted; by default the App's. */
  readonly permissions?: Permissions | undefined;
}

/** A token that was made, by what it is for. */
export interface MintedToken {
  readonly value: string;
  readonly installation: number;
  /** Full names; undefined for all of the installation. */
  readonly repositories: readonly string[] | undefined;
  readonly permissions: Permissions;
}

/** A person's and GitHub's own acts. */
export interface AppActions {
  createApp(app: NewApp): MadeApp;
  deleteApp(id: number): void;
  /** Makes another private key; the earlier ones are deleted if `replace` says so. */
  createAppKey(id: number, options?: { readonly replace?: boolean }): string;
  /** Returns the id of the installation. */
  installApp(installation: NewInstallation): number;
  uninstallApp(installation: number): void;
  suspendInstallation(installation: number, suspended: boolean): void;
  /** Chooses other repositories, or accepts other permissions. */
  changeInstallation(installation: number, to: Partial<Pick<NewInstallation, "repositories" | "permissions">>): void;
  /** All tokens of installations that were made, the oldest first. */
  mintedTokens(): readonly MintedToken[];
  /** Ends all tokens of installations, as after an hour, or when they are revoked. */
  endTokens(): void;
  /** Sets GitHub's clock apart from this machine's, in milliseconds. */
  setClock(ahead: number): void;
  /** Makes the next tokens unknown to some of GitHub for a while. */
  setTokenLag(lag: Lag | undefined): void;
  /** Gives a repository another name, or another owner. The old name leads to it as long as nobody takes it. */
  renameRepository(name: string, to: string): Promise<void>;
}

export function createAppActions(state: State, root: string): AppActions {
  const { apps } = state;
  const needApp = (id: number): App =>
    must(
      apps.list.find((each) => each.id === id),
      `App ${id}`,
    );
  const need = (id: number): Installation =>
    must(
      apps.installations.find((each) => each.id === id),
      `installation ${id}`,
    );
  const needRepository = (name: string): Repository => must(findRepository(state, name), name);
  return {
    createApp({ slug, owner = "acme", permissions = {}, events = [] }) {
      const app = { id: state.nextId(), clientId: `Iv23li${slug}`, slug, name: slug, owner, keys: [], permissions, events };
      apps.list.push(app);
      return { id: app.id, slug, clientId: app.clientId, pem: addKey(app) };
    },
    deleteApp(id) {
      remove(apps.list, needApp(id));
      for (const each of apps.installations.filter(({ app }) => app.id === id)) remove(apps.installations, each);
    },
    createAppKey(id, { replace = false } = {}) {
      const app = needApp(id);
      if (replace) app.keys.length = 0;
      return addKey(app);
    },
    installApp({ app: id, account, repositories, permissions }) {
      const app = needApp(id);
      const ids = repositories?.map((name) => needRepository(name).id) ?? "all";
      const installation = { id: state.nextId(), app, account, repositories: ids, suspendedAt: undefined };
      apps.installations.push({ ...installation, permissions: permissions ?? app.permissions } as Installation);
      return installation.id;
    },
    uninstallApp: (id) => remove(apps.installations, need(id)),
    suspendInstallation(id, suspended) {
      need(id).suspendedAt = suspended ? new Date() : undefined;
    },
    changeInstallation(id, { repositories, permissions }) {
      const installation = need(id);
      if (repositories) installation.repositories = repositories.map((name) => needRepository(name).id);
      if (permissions) installation.permissions = permissions;
    },
    mintedTokens: () =>
      [...apps.tokens.values()].map(({ value, installation, repositories, permissions }) => ({
        value,
        installation: installation.id,
        repositories: repositories?.map((id) => nameOf(state, id)),
        permissions,
      })),
    endTokens() {
      for (const token of apps.tokens.values()) token.expiresAt = 0;
    },
    setClock: (ahead) => void (apps.ahead = ahead),
    setTokenLag: (lag) => void (apps.lag = lag),
    renameRepository: (name, to) => renameRepository(state, root, needRepository(name), to),
  };
}

function addKey({ keys }: App): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  keys.push(createPublicKey(privateKey));
  return privateKey.export({ type: "pkcs1", format: "pem" }) as string;
}

async function renameRepository(state: State, root: string, repository: Repository, to: string): Promise<void> {
  const [owner = "", name = ""] = to.split("/");
  const folder = join(root, `${to}.git`);
  await mkdir(dirname(folder), { recursive: true });
  await rename(repository.folder, folder);
  state.repositories.delete(repository.fullName.toLowerCase());
  state.repositories.set(to.toLowerCase(), { ...repository, owner, name, fullName: to, folder });
  state.moved.set(repository.fullName.toLowerCase(), repository.id);
  state.moved.delete(to.toLowerCase());
}

function nameOf({ repositories }: State, id: number): string {
  return [...repositories.values()].find((each) => each.id === id)?.fullName ?? `repository ${id}`;
}

function must<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`find ${what}: there is none`);
  return found;
}

function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1);
}
