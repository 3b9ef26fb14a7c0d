import type { Line, Style } from "../../core/text/line.ts";
import { visible } from "../../core/text/visible.ts";
import type { Io } from "../io.ts";
import { printerTo } from "../print.ts";
import type { OutputStream } from "../stream.ts";
import { cutToWidth } from "./width.ts";

/** A line of the region. It is styled after it was cut to the terminal's width. */
export interface LiveLine {
  readonly text: string;
  /** A suffix that is never cut off. */
  readonly end?: string;
  readonly style?: Style;
}

/** The last lines of a terminal, redrawn at an interval. Kept lines go above them and scroll like any output. */
export interface LiveRegion {
  open(): void;
  keep(line: Line | undefined): void;
  close(): void;
}

/** Milliseconds between two redraws. */
const interval = 100;

/** Returns a closed region on stderr. The cursor is restored when the region is closed and when the process ends. */
export function liveRegion(
  { stderr, onExit, env }: Pick<Io, "stderr" | "onExit" | "env">,
  lines: (tick: number) => readonly LiveLine[],
): LiveRegion {
  const printer = printerTo(stderr, env);
  let height = 0;
  let tick = 0;
  let stop: (() => void) | undefined;
  const draw = (...kept: readonly Line[]): void => {
    const { columns, rows } = sizeOf(stderr);
    const live = stop === undefined ? [] : fit(lines(tick), rows).map((line) => cutAndStyle(line, columns));
    printer.draw({ replaces: height, kept, live });
    height = live.length;
  };
  const open = (): void => {
    if (stop === undefined) {
      printer.cursor(false);
      const timer = setInterval(() => {
        tick += 1;
        draw();
      }, interval);
      const forget = onExit(() => printer.cursor(true));
      stop = () => {
        clearInterval(timer);
        forget();
      };
    }
    draw();
  };
  const close = (): void => {
    if (stop === undefined) return;
    stop();
    stop = undefined;
    draw();
    printer.cursor(true);
  };
  return { open, close, keep: (line) => draw(...(line === undefined ? [] : [line])) };
}

/** A terminal that does not tell its size says 0. */
function sizeOf({ columns = 0, rows = 0 }: OutputStream): { readonly columns: number; readonly rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

/** Leaves one row for the cursor: lines that have scrolled away cannot be redrawn. */
function fit(lines: readonly LiveLine[], rows: number): readonly LiveLine[] {
  const room = Math.max(1, rows - 1);
  if (lines.length <= room) return lines;
  return [...lines.slice(0, room - 1), { text: `… and ${lines.length - room + 1} more` }];
}

/** Escapes make a line longer, so they come before it is cut. */
function cutAndStyle({ text, end = "", style }: LiveLine, columns: number): Line {
  const shown = `${cutToWidth(visible(text), columns - end.length)}${end}`;
  return style === undefined ? shown : [{ style, text: shown }];
}
