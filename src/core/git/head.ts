/** The files of a repository that say which commit HEAD is. Each is undefined where there is no such file. */
export interface HeadFiles {
  readonly head: () => Promise<string | undefined>;
  /** The file of a reference such as `refs/heads/main`. */
  readonly ref: (name: string) => Promise<string | undefined>;
  readonly packedRefs: () => Promise<string | undefined>;
}

/** Returns the SHA of HEAD; undefined if it names no commit. https://git-scm.com/docs/gitrepository-layout */
export async function readHead(files: HeadFiles): Promise<string | undefined> {
  const head = (await files.head())?.trimEnd() ?? "";
  const ref = /^ref: (refs\/\S+)$/.exec(head)?.[1];
  if (ref === undefined) return asSha(head);
  if (ref.split("/").includes("..")) return undefined;
  const loose = await files.ref(ref);
  if (loose !== undefined) return asSha(loose.trimEnd());
  const packed = (await files.packedRefs())?.split("\n") ?? [];
  return asSha(packed.find((line) => line.endsWith(` ${ref}`))?.split(" ")[0]);
}

function asSha(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40}$/.test(text) ? text : undefined;
}
