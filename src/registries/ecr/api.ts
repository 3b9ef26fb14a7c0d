import type { AdapterOptions } from "../../core/adapter.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { RegistryLogin, StoredImage } from "../../core/registry/registry.ts";
import type { RepositorySettings, RepositoryState } from "../../core/registry/repository-settings.ts";
import type { Identity } from "./credentials.ts";

/** The operations common to private and public registries. They throw the SDK's errors. */
export interface EcrApi {
  /** Returns the login for all repositories that we may use: base64 of name and password, and when it ends. */
  token(signal: AbortSignal): Promise<{ readonly token: string | undefined; readonly expires: Date | undefined }>;
  /** Returns the repository; undefined when there is none. */
  read(name: string, signal: AbortSignal): Promise<Omit<RepositoryState, "repository"> | undefined>;
  create(name: string, settings: RepositorySettings, signal: AbortSignal): Promise<void>;
  update(name: string, settings: RepositorySettings, signal: AbortSignal): Promise<void>;
  /** The archive of a private registry. The public gallery has none. */
  readonly archive?: EcrArchive;
}

/** An image by its tag or its digest. */
export type EcrImage = Pick<ImageRef, "tag" | "digest">;

/** The archive of a private registry: https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive_restore_image.html */
export interface EcrArchive {
  read(name: string, image: EcrImage, signal: AbortSignal): Promise<StoredImage | undefined>;
  restore(name: string, image: EcrImage, signal: AbortSignal): Promise<void>;
}

/** Who asks the API. */
export interface EcrCaller extends Pick<AdapterOptions, "allowUrl"> {
  /** Undefined leaves them to the SDK's chain. */
  readonly credentials: (() => Promise<Identity>) | undefined;
}

/** A login and when it ends. */
export type LastingLogin = RegistryLogin & { readonly expires: number };

/** Returns AWS's tags as a record. */
export function tagsOf(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.flatMap(({ Key, Value = "" }) => (Key === undefined ? [] : [[Key, Value]])));
}

/** Returns a record as AWS's tags. */
export function awsTags(tags: Readonly<Record<string, string>> = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Returns what `ask` does; undefined where AWS says that there is no such thing, by the name of its exception. */
export async function unlessMissing<T>(exception: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === exception) return undefined;
    throw error;
  }
}
