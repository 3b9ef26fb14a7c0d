import type { Secret } from "../secret.ts";

/** How much a permission allows: `write` allows to read too. */
export type PermissionLevel = "read" | "write";

/** Permissions in the provider's own words, such as `pull_requests`, each with its level. */
export type AppPermissions = ReadonlyMap<string, PermissionLevel>;

/** An App that is to be made. */
export interface AppPlan {
  /** The host of the provider, with its port if it has one. */
  readonly host: string;
  /** The name that the form begins with: people may change it. */
  readonly name: string;
  /** The organization that is to own it; undefined: the person who makes it. */
  readonly organization: string | undefined;
  /** The page that tells more of it. */
  readonly homepage: string;
  /** Where its events are sent. */
  readonly hook: string;
  /** Where the provider sends the browser, with a code, once the App is made. */
  readonly back: string;
  /** Comes back beside the code. */
  readonly state: string;
  readonly permissions: AppPermissions;
  /** In the provider's words. */
  readonly events: readonly string[];
}

/** A form that a browser sends by POST, which makes an App once a person has agreed. */
export interface AppForm {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** An App, as its provider knows it. */
export interface AppFacts {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** Its page. */
  readonly url: string;
  /** The login of its owner. */
  readonly owner: string;
  readonly permissions: AppPermissions;
  readonly events: readonly string[];
}

/** An App that was just made, with what its provider tells once. */
export interface NewApp extends AppFacts {
  /** PEM. */
  readonly key: string;
  /** Proves its deliveries; undefined where the provider has made none. */
  readonly webhookSecret: string | undefined;
}

/** An App at an account, for all of its repositories or some. */
export interface AppInstallation {
  readonly id: number;
  /** The login of the account. */
  readonly account: string;
  /** The page on which its repositories are chosen, and its permissions are accepted. */
  readonly page: string;
  readonly suspended: boolean;
  /** True for all repositories, false for chosen ones. */
  readonly all: boolean;
  /** What the account has agreed to, which may be less than the App asks for by now. */
  readonly permissions: AppPermissions;
  readonly events: readonly string[];
}

/** How an App fares with a repository: `moved` for one that has another name by now. */
export type Reach = "installed" | "not installed" | "moved";

/** An App and its key. */
export interface AppIdentity {
  readonly host: string;
  /** Its number, or its client ID. */
  readonly id: string;
  readonly key: Secret;
}

/** What an App may ask of itself. Its methods throw `unauthenticated` for a key that is not its own, `not_found` and `unavailable`. */
export interface OwnApp {
  read(): Promise<AppFacts>;
  /** Returns all, the oldest first. */
  installations(): Promise<readonly AppInstallation[]>;
  /** Returns where its events are sent; undefined where they are sent nowhere. */
  hook(): Promise<string | undefined>;
  /** Has its deliveries proven by this secret from now on. */
  setHookSecret(secret: string): Promise<void>;
  /** Returns how it fares with a repository, by its path at the host: `acme/fleet`. */
  reach(path: string): Promise<Reach>;
  /** Asks for a token with one permission, as a run does. Throws `forbidden` where the installation does not have it. */
  tryPermission(installation: Pick<AppInstallation, "id">, permission: string, level: PermissionLevel): Promise<void>;
}

/** The Apps of a provider. */
export interface AppProvider {
  /** The most characters that the name of an App may have. */
  readonly longestName: number;
  /** Returns the form that makes an App. */
  form(plan: AppPlan): AppForm;
  /** Returns the page on which people install an App. */
  installPage(app: Pick<AppFacts, "url">): string;
  /** Returns the page that lists the Apps of an organization; of the person without one. There they are changed and deleted. */
  settingsPage(host: string, organization: string | undefined): string;
  /** Takes what a code stands for, which can be done once. Throws `not_found` for a code that was used, or is too old. */
  convert(host: string, code: string): Promise<NewApp>;
  own(identity: AppIdentity): OwnApp;
}
