import { styleText } from "node:util";
import { cut } from "../../core/text/cut.ts";
import type { Io } from "../io.ts";

/** A line of the region. It is styled after it was cut to the terminal's width. */
export interface LiveLine {
  readonly text: string;
  /** A suffix that is never cut off. */
  readonly end?: string;
  readonly style?: "dim";
}

/** The last lines of a terminal, redrawn at an interval. Kept lines go above them and scroll like any output. */
export interface LiveRegion {
  open(): void;
  keep(line: string | undefined): void;
  close(): void;
}

/** Milliseconds between two redraws. */
const interval = 100;
// xterm's "Control Sequences": DECTCEM shows the cursor; DECAWM wraps lines, and without it a wide character cannot break the height.
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const wrapOff = "\x1b[?7l";
const wrapOn = "\x1b[?7h";

/** Returns a closed region on stderr. The cursor is restored when the region is closed and when the process ends. */
export function liveRegion({ stderr, onExit }: Pick<Io, "stderr" | "onExit">, lines: (tick: number) => readonly LiveLine[]): LiveRegion {
  let height = 0;
  let tick = 0;
  let stop: (() => void) | undefined;
  const erased = (): string => (height === 0 ? "" : `\x1b[${height}A\r\x1b[0J`);
  const draw = (kept: string): void => {
    const shown =
      stop === undefined ? [] : fit(lines(tick), stderr.rows ?? 24).map((line) => `${cutAndStyle(line, stderr.columns ?? 80)}\n`);
    const live = shown.length === 0 ? "" : `${wrapOff}${shown.join("")}${wrapOn}`;
    const text = `${erased()}${kept}${live}`;
    height = shown.length;
    if (text !== "") stderr.write(text);
  };
  const open = (): void => {
    if (stop === undefined) {
      stderr.write(hideCursor);
      const timer = setInterval(() => {
        tick += 1;
        draw("");
      }, interval);
      const forget = onExit(() => stderr.write(`${wrapOn}${showCursor}`));
      stop = () => {
        clearInterval(timer);
        forget();
      };
    }
    draw("");
  };
  const close = (): void => {
    if (stop === undefined) return;
    stop();
    stop = undefined;
    draw("");
    stderr.write(showCursor);
  };
  return { open, close, keep: (line) => draw(line === undefined ? "" : `${line}\n`) };
}

/** Leaves one row for the cursor: lines that have scrolled away cannot be redrawn. */
function fit(lines: readonly LiveLine[], rows: number): readonly LiveLine[] {
  const room = Math.max(1, rows - 1);
  if (lines.length <= room) return lines;
  return [...lines.slice(0, room - 1), { text: `… and ${lines.length - room + 1} more` }];
}

function cutAndStyle({ text, end = "", style }: LiveLine, columns: number): string {
  const shown = `${cut(text, columns - end.length)}${end}`;
  return style === undefined ? shown : styleText(style, shown, { validateStream: false });
}
