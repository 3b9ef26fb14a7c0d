/** A section of a Git configuration: `[remote "origin"]` is `remote.origin`. */
export interface ConfigSection {
  readonly name: string;
  /** By their names in lower case. Of several, the first: Git fetches from the first `url` of a remote, and writes no other key twice. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Returns the sections of a Git configuration, read as text: nothing in it takes effect. Reads what Git itself writes, one key a line and no
 * quotes; what is written otherwise is left out. https://git-scm.com/docs/git-config#_configuration_file
 */
export function readConfigText(text: string): readonly ConfigSection[] {
  const sections: { name: string; values: Record<string, string> }[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    const [, section, below] = /^\[([\w.-]+)(?: "([^"\\]*)")?\]$/.exec(line) ?? [];
    if (section !== undefined) sections.push({ name: below === undefined ? section : `${section}.${below}`, values: {} });
    else if (line.startsWith("[")) sections.push({ name: "", values: {} });
    const [, key, value] = /^(\w[\w-]*)\s*=([^"\\;#]*)$/.exec(line) ?? [];
    const last = sections.at(-1);
    if (last !== undefined && key !== undefined && value !== undefined) last.values[key.toLowerCase()] ??= value.trimStart();
  }
  return sections;
}
