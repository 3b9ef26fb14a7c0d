import { expect, test } from "vitest";
import { controlC, runInTerminal, startInTerminal } from "./terminal.ts";

const node = (code: string): readonly string[] => [process.execPath, "--eval", code];

test("a program in the terminal double sees a terminal of the given size, on all its streams", async () => {
  const asks =
    'process.stdout.write([process.stdin, process.stdout, process.stderr].map((each) => each.isTTY + " " + each.columns + " " + each.rows).join("\\n") + " it\'s")';
  const { code, written } = await runInTerminal(node(asks), { columns: 40, rows: 10 });
  expect({ code, written }).toEqual({ code: 0, written: "true undefined undefined\r\ntrue 40 10\r\ntrue 40 10 it's" });
});

test("a program in the terminal double has the variables that it was given, and its exit code is told", async () => {
  const { code, written } = await runInTerminal(node("console.log(`${process.env.COLOUR} ${process.env.HOME}`); process.exit(75)"), {
    env: { COLOUR: "red" },
  });
  expect({ code, written }).toEqual({ code: 75, written: "red undefined\r\n" });
});

test("Ctrl-C in the terminal double interrupts the program, which may go on", async () => {
  const waits = 'process.once("SIGINT", () => console.log("stopping")); console.log("waiting"); setInterval(() => {}, 1000)';
  await using terminal = startInTerminal(node(waits));
  await terminal.printed("waiting");
  terminal.press(controlC);
  await terminal.printed("stopping");
  terminal.press(controlC);
  expect((await terminal.ended).code).toBe(130);
});

test("the end of the terminal double ends its program", async () => {
  const terminal = startInTerminal(node("console.log(`pid ${process.pid}.`); setInterval(() => {}, 1000)"));
  await terminal.printed(".");
  const [, pid] = /pid (\d+)/.exec(terminal.written()) ?? [];
  await terminal[Symbol.asyncDispose]();
  await expect.poll(() => isAlive(Number(pid))).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
