/** The image of a package URL of type `oci`. */
export interface OciPurl {
  /** Its qualifier `repository_url`: registry and repository. */
  readonly image: string;
  readonly tag: string | undefined;
  /** The digest of the manifest, if it is one. */
  readonly version: string | undefined;
}

/**
 * Returns what the text names if it is a package URL of type `oci` with a `repository_url`, else undefined. A plus sign in it is a plus sign.
 * https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md
 */
export function readOciPurl(text: string): OciPurl | undefined {
  const [, version, query] = /^pkg:\/*oci\/[^@?#]+(?:@([^?#]*))?\?([^#]*)/i.exec(text) ?? [];
  if (query === undefined) return undefined;
  try {
    const pairs = query.split("&").map((pair) => pair.split(/=(.*)/s, 2).map(decodeURIComponent));
    const qualifiers = new Map(pairs.map(([key = "", value = ""]) => [key.toLowerCase(), value]));
    const image = qualifiers.get("repository_url") ?? "";
    if (image === "") return undefined;
    return { image, tag: qualifiers.get("tag"), version: version === undefined ? undefined : decodeURIComponent(version) };
  } catch {
    return undefined; // A percent sign that encodes nothing.
  }
}
