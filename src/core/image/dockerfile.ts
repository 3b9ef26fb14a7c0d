/** One instruction: its name in capitals, and what follows it, with continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
  /** Its first and its last line, counted from 1. */
  readonly lines: readonly [first: number, last: number];
}

/** A stage: its `FROM`, and the instructions behind it. */
export interface Stage {
  /** In small letters; undefined if it has none. */
  readonly name: string | undefined;
  /** The image or stage that it begins with, and the platform of that, as they are written. */
  readonly from: string;
  readonly platform: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile: the `ARG`s before the first stage, and its stages. */
export interface Dockerfile {
  readonly args: readonly Instruction[];
  readonly stages: readonly Stage[];
}

/** Instructions that may have here-documents: https://docs.docker.com/reference/dockerfile/#here-documents */
const withDocuments = /^(onbuild\s+)?(add|copy|run)\s/i;

/**
 * Returns the stages of a Dockerfile. It is read after the engine has built it, so what is wrong in it is left out.
 * https://docs.docker.com/reference/dockerfile/#format
 */
export function readDockerfile(text: string): Dockerfile {
  const args: Instruction[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const instruction of readInstructions(text)) {
    const stage = instruction.name === "FROM" ? readFrom(instruction.text) : undefined;
    if (stage !== undefined) stages.push({ ...stage, instructions: [] });
    else (stages.at(-1)?.instructions ?? args).push(instruction);
  }
  return { args, stages };
}

/** Returns the instructions of a text, such as those of `ONBUILD`, in their order. */
export function readInstructions(text: string): readonly Instruction[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const continued = escapeOf(lines) === "`" ? /`[ \t]*$/ : /\\[ \t]*$/;
  const all: Instruction[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (isEmpty(lines[at])) continue;
    const first = at + 1;
    let line = lines[at] ?? "";
    while (continued.test(line) && at + 1 < lines.length) {
      line = line.replace(continued, "");
      while (isEmpty(lines[at + 1]) && at + 1 < lines.length) at++;
      line += lines[++at] ?? "";
    }
    const whole = line.replace(continued, "").trim();
    const [name = ""] = /^[A-Za-z]+/.exec(whole) ?? [];
    if (withDocuments.test(whole)) at = endOfDocuments(lines, at, whole);
    all.push({ name: name.toUpperCase(), text: whole.slice(name.length).trimStart(), lines: [first, at + 1] });
  }
  return all;
}

/** Directives stand before all else: https://docs.docker.com/reference/dockerfile/#parser-directives */
function escapeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const [name = "", value] = line.trim().startsWith("#") ? line.trim().slice(1).split("=", 2) : [];
    if (value === undefined || !/^[a-z]+$/i.test(name.trim())) break;
    if (name.trim().toLowerCase() === "escape") return value.trim();
  }
  return "\\";
}

function isEmpty(line: string | undefined): boolean {
  return line === undefined || /^\s*(#|$)/.test(line);
}

/** Returns the last line of the here-documents of an instruction that ends at a line. */
function endOfDocuments(lines: readonly string[], from: number, instruction: string): number {
  let at = from;
  for (const [, dash, , word = ""] of instruction.matchAll(/(?<!<)<<(-?)(["']?)([A-Za-z_]\w*)\2/g)) {
    const end = lines.findIndex((line, index) => index > at && (dash === "-" ? line.replace(/^\t+/, "") : line) === word);
    if (end >= 0) at = end;
  }
  return at;
}

function readFrom(text: string): Omit<Stage, "instructions"> | undefined {
  const words = text.split(/\s+/);
  const flags = words.filter((word) => word.startsWith("--"));
  const [from, as, name] = words.filter((word) => !word.startsWith("--"));
  if (from === undefined || from === "") return undefined;
  const platform = flags.find((flag) => flag.startsWith("--platform="))?.slice("--platform=".length);
  return { from, platform, name: as?.toLowerCase() === "as" ? name?.toLowerCase() : undefined };
}
