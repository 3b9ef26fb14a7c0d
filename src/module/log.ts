import { plainLine, type Text } from "../core/text/line.ts";
import { visible } from "../core/text/visible.ts";

/** Writes lines to stderr, which Dagger shows to whoever called the function. Nothing else in the module does. */
export function log(text: Text): void {
  process.stderr.write(text.map((line) => `${visible(plainLine(line))}\n`).join(""));
}
