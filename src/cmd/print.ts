import { styleText } from "node:util";
import type { Json } from "../core/json.ts";
import type { Line, Text } from "../core/text/line.ts";
import { visible, visibleJson } from "../core/text/visible.ts";
import { isGitHubActions, notACommand, workflowCommand } from "./progress/workflow-command.ts";
import type { Env, OutputStream } from "./stream.ts";
import { canStyle } from "./style.ts";

/** The lines of a terminal that are drawn again and again, and those that are kept above them. */
export interface Frame {
  /** Lines of the last frame, which this one replaces. */
  readonly replaces: number;
  readonly kept: Text;
  readonly live: Text;
}

/**
 * The only writer to stdout and stderr. What others wrote is harmless where it leaves: no character of it is obeyed by a terminal, and no line of it is
 * a command to the runner of GitHub Actions.
 */
export interface Printer {
  lines(text: Text): void;
  json(value: Json): void;
  /** Writes a document on one line, of many. */
  jsonLine(value: Json): void;
  /** Writes text for another program, byte by byte, such as a manifest. At a terminal its lines are for a person. */
  data(text: string): void;
  /** Writes a command to GitHub's runner. The lines of its message are ours: text in them begins no new one. */
  command(name: string, message: readonly string[], properties?: Readonly<Record<string, string>>): void;
  draw(frame: Frame): void;
  cursor(shown: boolean): void;
}

// xterm's "Control Sequences": DECTCEM shows the cursor; DECAWM wraps lines, and without it a wide character cannot break the height.
// Rows are erased one by one: tmux takes ED (`ESC [ J`) in its first row for a cleared screen, which it keeps in the scrollback.
const sequences = {
  eraseRowAbove: "\x1b[A\r\x1b[2K",
  hideCursor: "\x1b[?25l",
  showCursor: "\x1b[?25h",
  wrapOff: "\x1b[?7l",
  wrapOn: "\x1b[?7h",
};

/** Returns the printer of a stream. */
export function printerTo(stream: OutputStream, env: Env): Printer {
  const write = (text: string): void => void (text !== "" && stream.write(text));
  const show = (text: Text): string => text.map((line) => `${showLine(line, stream, env)}\n`).join("");
  return {
    lines: (text) => write(show(text)),
    json: (value) => write(`${visibleJson(JSON.stringify(value, null, 2))}\n`),
    jsonLine: (value) => write(`${visibleJson(JSON.stringify(value))}\n`),
    data: (text) => write(stream.isTTY === true ? show(linesOf(text)) : text),
    command: (name, message, properties) => write(workflowCommand(name, message, properties)),
    draw({ replaces, kept, live }) {
      write(
        `${sequences.eraseRowAbove.repeat(replaces)}${show(kept)}${live.length === 0 ? "" : `${sequences.wrapOff}${show(live)}${sequences.wrapOn}`}`,
      );
    },
    cursor: (shown) => write(shown ? `${sequences.wrapOn}${sequences.showCursor}` : sequences.hideCursor),
  };
}

/** Returns the lines of a text that is ours, or that is shown as it is laid out. One line end at its end begins no line. */
export function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function showLine(line: Line, stream: OutputStream, env: Env): string {
  const parts = typeof line === "string" ? [line] : line;
  const styled = canStyle(stream, env);
  const shown = parts.map((part) => {
    if (typeof part === "string") return visible(part);
    return styled ? styleText(part.style, visible(part.text), { validateStream: false }) : visible(part.text);
  });
  return isGitHubActions(env) ? notACommand(shown.join("")) : shown.join("");
}
