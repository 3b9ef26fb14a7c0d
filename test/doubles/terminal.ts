/** A terminal: a pseudo-terminal of a given size in which a program runs, by util-linux' `script`, which is on every Debian. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

export interface TerminalOptions {
  /** 80 by default. */
  readonly columns?: number;
  /** 24 by default. */
  readonly rows?: number;
  /** Variables of the program, beside PATH and TERM. Nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The end of a program in a terminal. */
export interface TerminalEnd {
  /** The exit code of the program, 128 and the signal's number if one ended it. */
  readonly code: number;
  /** All that was written to the terminal, with its codes; line ends are `\r\n`, as terminals want them. */
  readonly written: string;
}

/** A program that runs in a terminal. `await using` ends it. */
export interface Terminal extends AsyncDisposable {
  readonly ended: Promise<TerminalEnd>;
  /** Returns all that was written so far. */
  written(): string;
  /** Waits until a text was written; throws if the program ends without it. */
  printed(wanted: string): Promise<void>;
  /** Types keys, such as `controlC` or a text with its `\r`. */
  press(keys: string): void;
}

export const controlC = "\x03";

/** Runs a program in a terminal until it ends. */
export function runInTerminal(command: readonly string[], options: TerminalOptions = {}): Promise<TerminalEnd> {
  return startInTerminal(command, options).ended;
}

/** Starts a program, such as `[process.execPath, bin, "build"]`, in a terminal. */
export function startInTerminal(command: readonly string[], options: TerminalOptions = {}): Terminal {
  const { columns = 80, rows = 24, env = {}, cwd } = options;
  const line = `stty cols ${columns} rows ${rows} && exec ${command.map(quoted).join(" ")}`;
  const child = spawn("script", ["--quiet", "--flush", "--return", "--command", line, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let written = "";
  child.stdin.on("error", () => undefined); // the keys of a program that has ended
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (written += chunk));
  const ended = new Promise<TerminalEnd>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code: code ?? -1, written }));
  });
  return {
    ended,
    written: () => written,
    printed: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!written.includes(wanted)) return;
          child.stdout.off("data", look);
          resolve();
        };
        child.stdout.on("data", look);
        void ended.then(({ code }) => reject(new Error(`it ended with ${code} and never wrote "${wanted}":\n${written}`)));
        look();
      }),
    press: (keys) => void child.stdin.write(keys),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) endChildren(child.pid); // `script` ends with what it runs
      await ended;
    },
  };
}

function endChildren(pid = 0): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  for (const child of children.split(" ").filter(Boolean)) process.kill(Number(child), "SIGKILL");
}

/** Returns what was written without the codes of a terminal and with the line ends of a file. Lines that were drawn over are in it. */
export function withoutCodes(written: string): string {
  return stripVTControlCharacters(written).replaceAll("\r\n", "\n").replaceAll("\r", "");
}

/** Returns a word as a POSIX shell reads it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
