// The comments in documents that say what is generated, and what is tested.

/** Markers that stand alone. */
const single = ["transcript"];

/**
 * Returns what is wrong with the markers of a document, a line each: one that is not known, a part that has no beginning or no end, a part that is
 * not among `parts`, and one that is there twice. A marker is a comment that has a line of its own, outside of code.
 */
export function markerProblems(file: string, text: string, parts: readonly string[]): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  let open: { readonly name: string; readonly line: number } | undefined;
  for (const { marker, line } of markersOf(text)) {
    const wrong = (what: string): void => void problems.push(`${file}:${line}: ${what}`);
    const [, name] = /^generated: (.+)$/.exec(marker) ?? [];
    if (open !== undefined && (name !== undefined || single.includes(marker)))
      wrong(`"${open.name}" of line ${open.line} has no end before it`);
    if (name !== undefined) {
      if (!parts.includes(name)) wrong(`there is no generated part "${name}"`);
      else if (seen.has(name)) wrong(`"${name}" is there twice`);
      seen.add(name);
      open = { name, line };
    } else if (marker === "end") {
      if (open === undefined) wrong("no generated part ends here");
      open = undefined;
    } else if (!single.includes(marker)) wrong(`there is no marker "${marker}"`);
  }
  if (open !== undefined) problems.push(`${file}:${open.line}: "${open.name}" has no end`);
  return problems;
}

function markersOf(text: string): readonly { readonly marker: string; readonly line: number }[] {
  let fence: string | undefined;
  return text.split("\n").flatMap((line, index) => {
    const [, quotes] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (quotes !== undefined) fence = fence === undefined ? quotes : line.trim().startsWith(fence) ? undefined : fence;
    const [, marker] = (quotes ?? fence) === undefined ? (/^\s*<!--(.*?)(?:-->)?\s*$/.exec(line) ?? []) : [];
    return marker === undefined ? [] : [{ marker: marker.trim(), line: index + 1 }];
  });
}
