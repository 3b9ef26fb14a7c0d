import { findCredential, type Credential } from "../credential.ts";
import { FairleadError, type WantedCredential } from "../errors.ts";
import { type Digest, type ImageRef, formatImageRepository } from "../image/image.ts";
import { oneLineSecret } from "../one-line-secret.ts";
import type { Secret } from "../secret.ts";
import type { RepositorySettings, RepositoryState } from "./repository-settings.ts";

/** The user name and password for a registry. */
export interface RegistryLogin {
  /** Empty where the password is an identity token (an OAuth2 refresh token), as containerd and BuildKit have it. */
  readonly username: string;
  /** Its name says where the login came from. */
  readonly password: Secret;
  /** When it ends, in milliseconds since 1970; undefined where it does not, or nobody says. */
  readonly expires?: number;
  /** The hint for a refused login; undefined for the usual one. */
  readonly hint?: string | undefined;
}

/** The support of a kind of registry for a feature. `setting`: it depends on the repository or account; `unknown`: it is not documented. */
export type Capability = "yes" | "no" | "setting" | "unknown";

/** The documented features of a kind of registry: a row of the table of registries. `doctor registry` asks the registry itself. */
export interface RegistryCapabilities {
  /** The hosts that it serves. */
  readonly hosts: string;
  /** Where its logins come from, in the order in which they are taken. */
  readonly logins: string;
  /** A push makes the repository. */
  readonly createsOnPush: Capability;
  /** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
  readonly referrers: Capability;
  /** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository */
  readonly mount: Capability;
  /** Tags that cannot be moved. */
  readonly immutableTags: Capability;
}

/** The operations that differ between kinds of registries. Dagger pushes, and `Images` moves manifests. */
export interface RegistryAdapter {
  /** Returns the login for the image's registry; undefined means anonymous, which is no error. */
  login(image: ImageRef): Promise<RegistryLogin | undefined>;
  /** Where a registry keeps old images in an archive, from which none can be pulled. */
  readonly archive?: ImageArchive;
  /** Where a registry does not make a repository on the first push, or lets it be set up. */
  readonly repository?: RepositorySetup;
  /** Returns who we are at the registry of an image, as the provider itself says it. */
  identity?(image: ImageRef): Promise<RegistryIdentity>;
}

/** The port to one registry: its adapter, with what is known of its kind. */
export interface Registry extends RegistryAdapter {
  readonly name: string;
  readonly capabilities: RegistryCapabilities;
}

/** An image of a registry with an archive. */
export interface StoredImage {
  readonly digest: Digest;
  /** `restoring`: it comes back from the archive, and cannot be pulled yet. */
  readonly state: "active" | "archived" | "restoring";
}

/** Looks into the archive of a registry. All methods throw as the provider answers. */
export interface ImageArchive {
  /** Returns an image by its tag or digest, also one that cannot be pulled; undefined when there is none. */
  read(image: ImageRef): Promise<StoredImage | undefined>;
  /** Begins to bring an image back. */
  restore(image: ImageRef, signal: AbortSignal): Promise<void>;
}

/** Makes repositories and sets them up. All methods throw as the provider answers. */
export interface RepositorySetup {
  /** Returns the repository of the image as it is; undefined when there is none. */
  read(image: ImageRef): Promise<RepositoryState | undefined>;
  /** Creates it with these settings and the provider's own for the rest. Throws `conflict` when there is one, `unsupported` for a setting that it has not. */
  create(image: ImageRef, settings: RepositorySettings, signal: AbortSignal): Promise<void>;
  /** Sets these alone. Throws `unsupported` for a setting that cannot be changed. */
  update(image: ImageRef, settings: RepositorySettings, signal: AbortSignal): Promise<void>;
}

/** An identity at the provider of a registry. */
export interface RegistryIdentity {
  readonly account: string;
  readonly arn: string;
  /** Where the credentials came from, in a few words. */
  readonly source: string;
}

/** Returns the login that an image's registry wants, as what is missing of an error. */
export function wantedLogin(image: ImageRef): WantedCredential {
  return { kind: "password", for: formatImageRepository(image) };
}

/** Returns the login that the run was given for the image. Throws `input` for a password without a user name. */
export function givenLogin(credentials: readonly Credential[], image: ImageRef): RegistryLogin | undefined {
  const found = findCredential(credentials, formatImageRepository(image), "password");
  if (found === undefined) return undefined;
  if (found.username === undefined) {
    throw new FairleadError("input", `log in to ${image.registry}: the password has no user name`, { wanted: wantedLogin(image) });
  }
  return { username: found.username, password: oneLineSecret(found.secret) };
}
