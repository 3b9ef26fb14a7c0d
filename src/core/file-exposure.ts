/** The most that users of the machine other than the owner may do with a file. */
export interface FileExposure {
  readonly who: "everybody" | "its group";
  readonly may: "read" | "write";
  /** In octal, as `chmod` takes it: `0644`. */
  readonly mode: string;
}

/**
 * Returns what others may do with a file; undefined if they may do nothing. A file of root may be read by its group, as PostgreSQL has it: so are
 * secrets given to a service. https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CLIENTCERT
 */
export function exposureOf({ mode, uid }: { readonly mode: number; readonly uid: number }): FileExposure | undefined {
  const shown = (mode & 0o7777).toString(8).padStart(4, "0");
  if ((mode & 0o002) !== 0) return { who: "everybody", may: "write", mode: shown };
  if ((mode & 0o020) !== 0) return { who: "its group", may: "write", mode: shown };
  if ((mode & 0o004) !== 0) return { who: "everybody", may: "read", mode: shown };
  return (mode & 0o040) !== 0 && uid !== 0 ? { who: "its group", may: "read", mode: shown } : undefined;
}

/** Returns the exposure of a regular file that everybody may write: whoever does chooses what we trust. */
export function writableByAll(found: { readonly mode: number; readonly uid: number; isFile(): boolean }): FileExposure | undefined {
  const exposure = found.isFile() ? exposureOf(found) : undefined;
  return exposure?.who === "everybody" && exposure.may === "write" ? exposure : undefined;
}

/** Returns an exposure in words: `can be read by everybody (mode 0644)`. */
export function exposureText({ who, may, mode }: FileExposure): string {
  return `can be ${may === "read" ? "read" : "written"} by ${who} (mode ${mode})`;
}
