/** One way in that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names are in lower case; quotes and escapes are taken off the values. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
/** Either a parameter of the challenge before it, or a scheme, with the one value (`token68`) that stands for parameters in some. */
const part = new RegExp(
  `[\\s,]*(?:(?<name>${token})\\s*=\\s*(?<value>${quoted}|${token})|(?<scheme>${token})(?=[\\s,]|$)(?:\\s+[\\w.~+/-]+=*(?=\\s*(?:,|$)))?)`,
  "gsy",
);

/**
 * Returns the challenges of a `WWW-Authenticate` header, several of them joined by commas as `fetch` does. It never throws: what
 * cannot be read ends the list. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
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
