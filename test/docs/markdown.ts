/** Reads Markdown as far as the tests of the docs need it: fences, headings, links, sentences. */

/** A fenced block of code. */
export interface Fence {
  /** `sh`, `console`, `yaml`; empty where none is named. */
  readonly language: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

/** A text and the line on which it begins, from 1. */
export interface Located {
  readonly line: number;
  readonly text: string;
}

const fenceMark = /^ *```+(\w*)/;

/** Returns the fenced blocks, in their order. */
export function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const mark = fenceMark.exec(text);
    if (open !== undefined && mark !== null) {
      fences.push({ language: open.language, line: open.line, code: open.lines.join("\n") });
      open = undefined;
    } else if (open !== undefined) open.lines.push(text);
    else if (mark !== null) open = { language: mark[1] ?? "", line: index + 2, lines: [] };
  }
  return fences;
}

/** Returns the lines that are no code, each with its number. Lines of code are empty, so that numbers stay. */
export function proseLines(markdown: string): readonly string[] {
  let inside = false;
  return markdown.split("\n").map((text) => {
    const isMark = fenceMark.test(text);
    if (isMark) inside = !inside;
    return inside || isMark ? "" : text;
  });
}

/** Returns the anchors of the headings, as GitHub makes them. https://docs.github.com/en/get-started/writing-on-github */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of proseLines(markdown)) {
    const [, title] = /^#{1,6} (.*)$/.exec(line) ?? [];
    if (title === undefined) continue;
    const base = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Returns the targets of all links that are no code. */
export function linksOf(markdown: string): readonly Located[] {
  return proseLines(markdown).flatMap((line, index) =>
    [...line.replace(/`[^`]*`/g, "code").matchAll(/\]\(([^)\s]+)\)/g)].map(([, text]) => ({ line: index + 1, text: text! })),
  );
}

/** Returns the sentences of the prose: of paragraphs and lists, without tables, code and headings. A code span or a link's target is one word. */
export function sentencesOf(markdown: string): readonly Located[] {
  const blocks: { line: number; text: string }[] = [];
  let open = false;
  for (const [index, line] of proseLines(markdown).entries()) {
    const text = line.trim();
    if (text === "" || /^(#|\||<!--|-->)/.test(text)) open = false;
    else if (!open || /^([-*>]|\d+\.) /.test(text)) {
      blocks.push({ line: index + 1, text: text.replace(/^([-*>]|\d+\.) +/, "") });
      open = true;
    } else blocks.at(-1)!.text += `\n${text}`;
  }
  return blocks.flatMap(sentencesIn);
}

function sentencesIn({ line, text }: Located): readonly Located[] {
  const plain = text.replace(/`[^`]*`/g, "CODE").replace(/\]\([^)]*\)/g, "]");
  let at = line;
  return plain.split(/(?<=[.!?][)*\]]*)(\s+)(?=[^a-z]|fairlead\b)/).flatMap((part) => {
    const found = { line: at, text: part };
    at += part.split("\n").length - 1;
    return part.trim() === "" ? [] : [found];
  });
}

/** Returns how many words a sentence has. */
export function wordCount(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Returns the command lines of a `sh` or `console` block: of the latter those behind `$ `. A line that ends in a backslash goes on. */
export function commandLines({ language, code, line }: Fence): readonly Located[] {
  if (language !== "sh" && language !== "console") return [];
  const found: { line: number; text: string }[] = [];
  let goesOn = false;
  for (const [index, written] of code.split("\n").entries()) {
    const isCommand = goesOn || language === "sh" || written.startsWith("$ ");
    const text = goesOn || language === "sh" ? written : written.slice(2);
    if (!isCommand) continue;
    if (goesOn) found.at(-1)!.text += ` ${text.replace(/\\$/, "").trim()}`;
    else found.push({ line: line + index, text: text.replace(/\\$/, "").trim() });
    goesOn = written.endsWith("\\");
  }
  return found;
}

/**
 * Returns the calls of a program in a line of shell, each as its arguments: behind `;`, `&&`, `|` and within `$(…)` too. Quotes hold words
 * together; a comment ends the line, and redirections are left out.
 */
export function callsOf(program: string, shell: string): readonly (readonly string[])[] {
  const inner: string[] = [];
  const outer = shell.replace(/\$\(([^()]*)\)/g, (_, command: string) => {
    inner.push(command);
    return "substituted";
  });
  return [outer, ...inner].flatMap(splitCommands).flatMap((words) => {
    const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
    return words[first] === program ? [words.slice(first + 1)] : [];
  });
}

function splitCommands(shell: string): readonly (readonly string[])[] {
  const tokens = shell.matchAll(/(?:^|\s)#.*$|;|&&|\|\|?|\d?[<>]+\s*\S+|(?:[^\s"'|;&<>]|"[^"]*"|'[^']*')+/g);
  const commands: string[][] = [[]];
  for (const [token] of tokens) {
    if (/^(;|&&|\|\|?)$/.test(token)) commands.push([]);
    else if (!/^(\s*#|\d?[<>])/.test(token)) commands.at(-1)!.push(token.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return commands;
}
