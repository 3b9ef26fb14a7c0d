import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const source = (path: string): string => JSON.stringify(new URL(`../../src/cmd/${path}`, import.meta.url).href);

/** A command line whose only command has one long step, then a short one, both with lines of a build below. */
const program = `
  import { execFileSync } from "node:child_process";
  import { setTimeout as pass } from "node:timers/promises";
  const { main } = await import(${source("main.ts")});
  const { processIo } = await import(${source("io.ts")});
  const run = async ({ report }) => {
    for (const [id, key, lines] of [[1, "ghcr.io/acme/" + "long-name/".repeat(9), 4], [2, "ghcr.io/acme/app:2", 1]]) {
      report({ type: "step-started", id, step: "push", key });
      for (let line = 1; line <= lines; line++) {
        report({ type: "instruction-started", id, instruction: "[1/1] RUN make" });
        report({ type: "instruction-printed", id, line: "line " + line + " of step " + id });
        await pass(250);
      }
      if (id === 2 && process.env.RESIZE) execFileSync("tmux", ["resize-window", "-x", process.env.RESIZE]);
      await pass(250);
      report({ type: "step-finished", id, step: "push", changed: true, result: null });
    }
    return { json: null, text: ["image  ghcr.io/acme/app:2"] };
  };
  const command = { name: "push", group: "Pipelines", summary: "", examples: ["push"], load: async () => ({ flags: [], run }) };
  process.exitCode = await main(["push"], processIo(), [command]);`;

/** Returns all that a pane of tmux has, what has scrolled away as well, after the program ran in it. */
async function runInTmux(code: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-tmux-"));
  const tmux = async (...args: readonly string[]): Promise<string> => {
    const variables = {
      PATH: process.env.PATH,
      TMUX_TMPDIR: folder,
      TERM: "xterm-256color",
      LC_ALL: "C.UTF-8",
      PROGRAM: code,
      NODE: process.execPath,
    };
    return (await promisify(execFile)("tmux", ["-f", "/dev/null", ...args], { env: { ...variables, ...env } })).stdout;
  };
  try {
    // the screen is cleared first, so that the region begins in the first row
    const line = 'printf "\\\\033[H\\\\033[2J"; "$NODE" --input-type=module --eval "$PROGRAM"; tmux wait-for -S ended; exec cat';
    await tmux("new-session", "-d", "-x", "80", "-y", "12", "/bin/sh", "-c", line);
    await tmux("wait-for", "ended");
    return (await tmux("capture-pane", "-p", "-J", "-S", "-")).trimEnd();
  } finally {
    await tmux("kill-server");
    await rm(folder, { recursive: true });
  }
}

const kept = [`✓ push ghcr.io/acme/${"long-name/".repeat(9)} (1.0 s)`, "✓ push ghcr.io/acme/app:2 (1.0 s)", "image  ghcr.io/acme/app:2"];

/** Returns the lines of a pane, with any time as one second. */
function linesOf(pane: string): readonly string[] {
  return pane.replace(/\d\.\d s/g, "1.0 s").split("\n");
}

test("a run in a cleared tmux pane leaves no frame of the live region, on the screen or in the scrollback", async () => {
  expect(linesOf(await runInTmux(program))).toEqual(kept);
});

test.each([["40"], ["200"]])("a tmux pane that is resized to %s columns during a run loses no line that was kept", async (columns) => {
  // a terminal may wrap what is drawn before it tells its new size, so that a part of a frame stays
  expect(linesOf(await runInTmux(program, { RESIZE: columns })).filter((line) => !line.startsWith("⠋"))).toEqual(kept);
});
