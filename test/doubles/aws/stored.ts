/** Manifests by `REPOSITORY/DIGEST`, and digests by `REPOSITORY:TAG`. */
export interface Stored {
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, string>;
}
