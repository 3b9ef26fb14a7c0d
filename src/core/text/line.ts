/** A look of text at a terminal. */
export type Style = "green" | "yellow" | "red" | "cyan" | "bold" | "dim";

/** A part of a line that has a look. */
export interface Styled {
  readonly style: Style;
  readonly text: string;
}

/** One line for people. Text of others is in it as it came: whatever prints the line makes it harmless, and a line end in it begins no new line. */
export type Line = string | readonly (string | Styled)[];

/** Lines for people. */
export type Text = readonly Line[];

/** Returns the text of a line, without its looks. */
export function plainLine(line: Line): string {
  return typeof line === "string" ? line : line.map((part) => (typeof part === "string" ? part : part.text)).join("");
}

/** Returns lines as one text, without their looks. */
export function plainText(text: Text): string {
  return text.map(plainLine).join("\n");
}
