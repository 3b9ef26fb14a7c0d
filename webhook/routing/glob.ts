/**
 * Tells whether a name fits a pattern, from its first character to its last: `*` is any characters but `/`, `**` any characters, and everything
 * else is itself. The time is that of the name's length times the pattern's, whatever a stranger has named a branch.
 * The signs are those of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const tokens = pattern.match(/\*\*|[^]/g) ?? [];
  let reached = withoutStars(tokens, new Set([0]));
  for (const letter of name.split("")) {
    const next = new Set<number>();
    for (const place of reached) {
      const token = tokens[place];
      if (token === "**" || (token === "*" && letter !== "/")) next.add(place);
      else if (token === letter && token !== "*") next.add(place + 1);
    }
    reached = withoutStars(tokens, next);
  }
  return reached.has(tokens.length);
}

/** Tells whether a name fits one of the patterns, and none of those that begin with `!`. */
export function matchesGlobs(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string): boolean => matchesGlob(pattern, name);
  const excluded = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern)) && !excluded.some(fits);
}

/** A star may stand for nothing: whoever is before one is behind it too. */
function withoutStars(tokens: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (tokens[place]?.startsWith("*") === true) places.add(place + 1);
  return places;
}
