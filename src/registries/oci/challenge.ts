/** An authentication challenge of a server. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case; values without quotes and escapes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
/** A parameter of the challenge before it, or a scheme. Some have one value (`token68`) in place of parameters. */
const part = new RegExp(
  `[\\s,]*(?:(?<name>${token})\\s*=\\s*(?<value>${quoted}|${token})|(?<scheme>${token})(?=[\\s,]|$)(?:\\s+[\\w.~+/-]+=*(?=\\s*(?:,|$)))?)`,
  "gsy",
);

/**
 * Returns the challenges of a `WWW-Authenticate` header; several are joined by commas, as `fetch` does.
 * It never throws: parsing ends at what cannot be read. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const { groups = {} } of header.matchAll(part)) {
    const { scheme, name, value } = groups;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined && value !== undefined) challenges.at(-1)?.parameters.set(name.toLowerCase(), unquote(value));
  }
  return challenges;
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
}
