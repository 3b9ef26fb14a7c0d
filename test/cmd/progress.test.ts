import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gitHubActionsReporter } from "../../src/cmd/progress/github-actions.ts";
import { reporterFor } from "../../src/cmd/progress/index.ts";
import { linesReporter } from "../../src/cmd/progress/lines.ts";
import type { Reporter } from "../../src/cmd/progress/reporter.ts";
import { terminalReporter } from "../../src/cmd/progress/terminal.ts";
import { widthOf } from "../../src/cmd/progress/width.ts";
import { printerTo } from "../../src/cmd/print.ts";
import type { ReportEntry } from "../../src/core/run/report.ts";
import { testIo, type TestIo } from "./io.ts";

const identity = "0123456789abcdef".repeat(4);

/** Two parallel steps of which one fails, and one that has nothing to do. A number lets that many milliseconds pass. */
const script: readonly (ReportEntry | number)[] = [
  { type: "run-started", pipeline: "ship", dryRun: false },
  { type: "step-started", id: 1, step: "push", key: `ghcr.io/acme/app 1.4.3 ${identity}` },
  {
    type: "step-planned",
    id: 1,
    step: "push",
    changes: [{ target: "ghcr.io/acme/app:1.4.3", action: "create", to: "sha256:(known after push)" }],
  },
  { type: "step-started", id: 2, step: "notify", key: "slack C1" },
  { type: "notice", message: "engine: waiting for another fairlead" },
  { type: "instruction-started", id: 5, instruction: "[1/2] RUN make" },
  { type: "log", line: "\x1b[32m5 : RUN make\x1b[0m" },
  { type: "instruction-printed", id: 5, line: "10 %\r\x1b[32m20 %\x1b[0m\r" },
  1500,
  { type: "warning", message: "slack C1: cannot look back" },
  { type: "step-failed", id: 2, step: "notify", code: "input", message: "post to slack C1: 100% wrong" },
  10_800,
  { type: "step-finished", id: 1, step: "push", changed: true, result: null },
  { type: "step-started", id: 3, step: "open-pull-request", key: "github.com/acme/flux" },
  200,
  { type: "step-finished", id: 3, step: "open-pull-request", changed: false, result: null },
];

const nothingChanged: readonly (ReportEntry | number)[] = [
  { type: "run-started", pipeline: "build", dryRun: false },
  { type: "step-started", id: 1, step: "push", key: "ghcr.io/acme/app" },
  { type: "step-finished", id: 1, step: "push", changed: false, result: null },
];

function play(here: TestIo, reporter: Reporter, entries: readonly (ReportEntry | number)[]): void {
  for (const entry of entries) {
    if (typeof entry !== "number") reporter.report(entry);
    else {
      here.pass(entry);
      vi.advanceTimersByTime(100);
    }
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

test("a pipe gets plain lines", () => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, script);
  reporter.end({ json: {} });
  expect(here.stderr()).toMatchInlineSnapshot(`
    "push ghcr.io/acme/app 1.4.3 0123456789ab: started
    notify slack C1: started
    engine: waiting for another fairlead
      [1/2] RUN make
        20 %
    warning: slack C1: cannot look back
    notify slack C1: failed (1.5 s)
    push ghcr.io/acme/app 1.4.3 0123456789ab: done (12.3 s)
    open-pull-request github.com/acme/flux: started
    open-pull-request github.com/acme/flux: unchanged (0.2 s)
    notify slack C1: post to slack C1: 100% wrong
    "
  `);
});

test.each([
  ["the command's own error, which is printed after it", "post to slack C1: 100% wrong", []],
  ["another error than the command's", "push: it was refused", ["notify slack C1: post to slack C1: 100% wrong"]],
])("a step that failed by %s is told once", (_, failed, told) => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, script.slice(0, 11));
  reporter.end(undefined, failed);
  expect(here.stderr().split("\n").slice(6, -1)).toEqual(["notify slack C1: failed (1.5 s)", ...told]);
});

test("a step whose error is a warning, as a notification's is, tells it once", () => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, [...script.slice(0, 11), { type: "warning", message: "post to slack C1: 100% wrong" }]);
  reporter.end({ json: {} });
  expect(here.stderr().split("\n").slice(6, -1)).toEqual(["notify slack C1: failed (1.5 s)", "warning: post to slack C1: 100% wrong"]);
});

test("a step that was stopped is no failure", () => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, [
    { type: "step-started", id: 1, step: "push", key: "app" },
    { type: "step-failed", id: 1, step: "push", code: "canceled", message: "push: stopped" },
  ]);
  reporter.end(undefined, "stopped by SIGINT");
  expect(here.stderr()).toBe("push app: started\npush app: stopped (0.0 s)\n");
});

test("a pipe gets the engine's log with --verbose", () => {
  const here = testIo();
  play(here, linesReporter(here.io, true), script.slice(5, 8));
  expect(here.stderr()).toBe("  | 5 : RUN make\n");
});

test("a run in which nothing changed says so in words", () => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, nothingChanged);
  reporter.end({ json: {} });
  expect(here.stderr().split("\n").at(-2)).toBe("nothing to do: everything is as it should be already");
});

test("a run in which nothing changed, with a warning, refers to the warning", () => {
  const here = testIo();
  const reporter = linesReporter(here.io, false);
  play(here, reporter, nothingChanged);
  reporter.report({ type: "warning", message: "the encryption differs" });
  reporter.end({ json: {} });
  expect(here.stderr().split("\n").slice(-3)).toEqual(["warning: the encryption differs", "nothing was changed: see the warnings", ""]);
});

test("a terminal gets a live list, which is erased and redrawn", () => {
  const here = testIo({ terminal: { columns: 40, rows: 24 } });
  const reporter = terminalReporter(here.io, false);
  play(here, reporter, script);
  reporter.end({ json: {} });
  expect(JSON.stringify(here.stderr()).replaceAll("\\n", "\n").replaceAll("\\u001b", "␛")).toMatchInlineSnapshot(`
    ""␛[?25l␛[?7l⠋ push ghcr.io/acme/app 1.4.3 0… (0.0 s)
    ␛[?7h␛[A\\r␛[2K␛[?7l⠋ push ghcr.io/acme/app 1.4.3 0… (0.0 s)
    ⠋ notify slack C1 (0.0 s)
    ␛[?7h␛[A\\r␛[2K␛[A\\r␛[2Kengine: waiting for another fairlead
    ␛[?7l⠋ push ghcr.io/acme/app 1.4.3 0… (0.0 s)
    ⠋ notify slack C1 (0.0 s)
    ␛[?7h␛[A\\r␛[2K␛[A\\r␛[2K␛[?7l⠙ push ghcr.io/acme/app 1.4.3 0… (1.5 s)
    ⠙ notify slack C1 (1.5 s)
      [1/2] RUN make
    ␛[2m    20 %␛[22m
    ␛[?7h␛[A\\r␛[2K␛[A\\r␛[2K␛[A\\r␛[2K␛[A\\r␛[2K␛[33mwarning:␛[39m slack C1: cannot look back
    ␛[?7l⠙ push ghcr.io/acme/app 1.4.3 0… (1.5 s)
    ⠙ notify slack C1 (1.5 s)
      [1/2] RUN make
    ␛[2m    20 %␛[22m
    ␛[?7h␛[A\\r␛[2K␛[A\\r␛[2K␛[A\\r␛[2K␛[A\\r␛[2K␛[31m✗␛[39m notify slack C1 failed (1.5 s)
    ␛[?7l⠙ push ghcr.io/acme/app 1.4.3 0… (1.5 s)
    ␛[?7h␛[A\\r␛[2K␛[?7l⠹ push ghcr.io/acme/app 1.4.3 … (12.3 s)
    ␛[?7h␛[A\\r␛[2K␛[32m✓␛[39m push ghcr.io/acme/app 1.4.3 0123456789ab (12.3 s)
    ␛[?7h␛[?25h␛[?25l␛[?7l⠹ open-pull-request github.com/… (0.0 s)
    ␛[?7h␛[A\\r␛[2K␛[?7l⠸ open-pull-request github.com/… (0.2 s)
    ␛[?7h␛[A\\r␛[2K␛[2m= open-pull-request github.com/acme/flux unchanged␛[22m
    ␛[?7h␛[?25hnotify slack C1: post to slack C1: 100% wrong
    ""
  `);
});

test("a terminal shows each ended step once, and gets its cursor back at the end", () => {
  const here = testIo({ terminal: { columns: 80, rows: 24 } });
  const reporter = terminalReporter(here.io, false);
  play(here, reporter, script);
  reporter.end(undefined);
  expect(screen(here.stderr())).toMatchInlineSnapshot(`
    "engine: waiting for another fairlead
    warning: slack C1: cannot look back
    ✗ notify slack C1 failed (1.5 s)
    ✓ push ghcr.io/acme/app 1.4.3 0123456789ab (12.3 s)
    = open-pull-request github.com/acme/flux unchanged
    notify slack C1: post to slack C1: 100% wrong
    "
  `);
  expect(here.stderr().lastIndexOf("\x1b[?25h")).toBeGreaterThan(here.stderr().lastIndexOf("\x1b[?25l"));
  expect(vi.getTimerCount()).toBe(0);
});

test("a terminal with too few rows shows how many steps are hidden", () => {
  const here = testIo({ terminal: { columns: 80, rows: 4 } });
  const reporter = terminalReporter(here.io, false);
  play(
    here,
    reporter,
    [1, 2, 3, 4, 5].map((id) => ({ type: "step-started", id, step: "push", key: `app-${id}` })),
  );
  expect(screen(here.stderr())).toBe("⠋ push app-1 (0.0 s)\n⠋ push app-2 (0.0 s)\n… and 3 more\n");
  reporter.end(undefined);
});

test.each([40, 80, 200])("the live list at %d columns has no line that is wider, with wide letters and emojis too", (columns) => {
  const here = testIo({ terminal: { columns, rows: 24 } });
  const reporter = terminalReporter(here.io, false);
  const key = `ghcr.io/acme/app ${"構築🚀".repeat(50)}`;
  play(here, reporter, [
    { type: "step-started", id: 1, step: "push", key },
    { type: "instruction-started", id: 5, instruction: `[1/2] RUN ${"ビルド".repeat(50)}` },
    100,
  ]);
  expect(screen(here.stderr()).trimEnd().split("\n").map(widthOf)).toEqual([columns - 1, columns - 1]);
  reporter.end(undefined);
});

test("a terminal shows the instructions that run, with their last lines, until they or their step end", () => {
  const here = testIo({ terminal: { columns: 80, rows: 24 } });
  const reporter = terminalReporter(here.io, false);
  const shown = (...entries: readonly ReportEntry[]): string => {
    play(here, reporter, [...entries, 100]);
    return screen(here.stderr()).replace(/^. push.*\n/, "");
  };
  const printed = (id: number, line: string): ReportEntry => ({ type: "instruction-printed", id, line });
  play(here, reporter, [{ type: "step-started", id: 1, step: "push", key: "app" }]);
  expect(shown({ type: "instruction-started", id: 7, instruction: "[2/5] RUN npm ci" }, { type: "log", line: "9 : HTTP HEAD ERROR" })).toBe(
    "  [2/5] RUN npm ci\n",
  );
  expect(shown(...[1, 2, 3, 4, 5].map((line) => printed(7, `line ${line}`)))).toBe(
    "  [2/5] RUN npm ci\n    line 2\n    line 3\n    line 4\n    line 5\n",
  );
  expect(shown({ type: "instruction-started", id: 8, instruction: "[test 1/1] RUN npm test" }, printed(8, "ok"))).toBe(
    "  [2/5] RUN npm ci\n    line 4\n    line 5\n  [test 1/1] RUN npm test\n    ok\n",
  );
  expect(shown({ type: "instruction-ended", id: 7, outcome: "done" })).toBe("  [test 1/1] RUN npm test\n    ok\n");
  expect(shown({ type: "step-finished", id: 1, step: "push", changed: true, result: null })).toBe(
    "✓ push app (0.4 s)\n".replace(/^. push.*\n/, ""),
  );
  expect(shown({ type: "step-started", id: 2, step: "push-branch", key: "fleet" }).split("\n")).toHaveLength(2);
  reporter.end({ json: {} });
});

test("a terminal that does not tell its size is taken for one of 80 columns", () => {
  const here = testIo({ terminal: { columns: 0, rows: 0 } });
  const reporter = terminalReporter(here.io, false);
  play(here, reporter, [{ type: "step-started", id: 1, step: "push", key: "app" }]);
  expect(screen(here.stderr())).toBe("⠋ push app (0.0 s)\n");
  reporter.end(undefined);
});

test("GitHub Actions gets groups one after the other, annotations, a summary and outputs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-"));
  try {
    const files = { GITHUB_STEP_SUMMARY: join(folder, "summary"), GITHUB_OUTPUT: join(folder, "output") };
    const here = testIo({ env: files });
    const reporter = gitHubActionsReporter(here.io, true);
    play(here, reporter, script);
    reporter.end({
      json: { image: "ghcr.io/acme/app:1.4.3" },
      outputs: { image: "ghcr.io/acme/app:1.4.3", commit: "", notes: "two\nlines" },
    });
    expect(here.stderr()).toMatchInlineSnapshot(`
      "::group::push ghcr.io/acme/app 1.4.3 0123456789ab
      + create ghcr.io/acme/app:1.4.3: sha256:(known after push)
      engine: waiting for another fairlead
        | 5 : RUN make
      ::warning::slack C1: cannot look back
      ::endgroup::
      push ghcr.io/acme/app 1.4.3 0123456789ab: done (12.3 s)
      ::group::notify slack C1
      ::endgroup::
      notify slack C1: failed (1.5 s)
      ::group::open-pull-request github.com/acme/flux
      ::endgroup::
      open-pull-request github.com/acme/flux: unchanged (0.2 s)
      notify slack C1: post to slack C1: 100% wrong
      "
    `);
    expect(await readFile(files.GITHUB_STEP_SUMMARY, "utf8")).toMatchInlineSnapshot(`
      "| step | outcome | time |
      |---|---|---|
      | \`notify slack C1\` | failed: \`post to slack C1: 100% wrong\` | 1.5 s |
      | \`push ghcr.io/acme/app 1.4.3 0123456789ab\` | changed | 12.3 s |
      | \`open-pull-request github.com/acme/flux\` | unchanged | 0.2 s |

      "
    `);
    expect((await readFile(files.GITHUB_OUTPUT, "utf8")).replace(/fairlead_[0-9a-f-]{36}/g, "DELIMITER")).toMatchInlineSnapshot(`
      "image<<DELIMITER
      ghcr.io/acme/app:1.4.3
      DELIMITER
      commit<<DELIMITER

      DELIMITER
      notes<<DELIMITER
      two
      lines
      DELIMITER
      result<<DELIMITER
      {"image":"ghcr.io/acme/app:1.4.3"}
      DELIMITER
      "
    `);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a job's summary that cannot be written is a warning, and outputs that cannot be written are an error beside the result", () => {
  const here = testIo({ env: { GITHUB_STEP_SUMMARY: "/nowhere/summary", GITHUB_OUTPUT: tmpdir() } });
  const reporter = gitHubActionsReporter(here.io, true);
  play(here, reporter, script);
  expect(reporter.end({ json: {}, outputs: { image: "x" } })).toMatchObject({
    code: "input",
    message: "write GITHUB_OUTPUT: its file cannot be written (EISDIR)",
  });
  expect(here.stderr()).toContain("::warning::write GITHUB_STEP_SUMMARY: its file cannot be written (ENOENT)");
  expect(reporter.end(undefined)).toBeUndefined();
});

test.each([
  ["::add-mask::x", ": :add-mask::x"],
  ["hi\r::add-mask::x", "hi\\r::add-mask::x"],
  ["hi\n::add-mask::x", "hi\\n::add-mask::x"],
  ["\u0085::add-mask::x", "\\x85::add-mask::x"],
  ["\u2003::add-mask::x", "\u2003: :add-mask::x"],
  ["  ::stop-commands::x", "  : :stop-commands::x"],
  ["see ##[add-mask]x", "see ## [add-mask]x"],
  ["name: a::b", "name: a::b"],
])("the foreign line %j is not read as a workflow command", (line, shown) => {
  const here = testIo({ env: { GITHUB_ACTIONS: "true" } });
  printerTo(here.io.stderr, here.io.env).lines([line]);
  expect(here.stderr()).toBe(`${shown}\n`);
});

test.each([
  ["a pipe", {}, undefined, "lines"],
  ["a terminal", { TERM: "xterm" }, { columns: 80, rows: 24 }, "terminal"],
  ["a dumb terminal", { TERM: "dumb" }, { columns: 80, rows: 24 }, "lines"],
  ["a terminal without colour", { NO_COLOR: "1" }, { columns: 80, rows: 24 }, "lines"],
  ["GitHub Actions", { GITHUB_ACTIONS: "true" }, undefined, "groups"],
] as const)("%s has its own reporter", (_, env, terminal, kind) => {
  const here = testIo({ env, ...(terminal === undefined ? {} : { terminal }) });
  const reporter = reporterFor(here.io, { form: "auto", quiet: false, verbose: false });
  reporter.report({ type: "step-started", id: 1, step: "push", key: "app" });
  reporter.end(undefined);
  expect(here.stderr().startsWith("::group::") ? "groups" : here.stderr().startsWith("\x1b") ? "terminal" : "lines").toBe(kind);
});

/** Returns what a terminal shows after these codes, which are all that fairlead uses. */
function screen(output: string): string {
  const rows: string[] = [];
  for (const part of output.split(/(\x1b\[A\r\x1b\[2K)/)) {
    if (part === "\x1b[A\r\x1b[2K") rows.pop();
    else
      rows.push(
        ...part
          .replace(/\x1b\[[0-9?]*[a-z]/gi, "")
          .split("\n")
          .slice(0, -1),
      );
  }
  return rows.map((row) => `${row}\n`).join("");
}
