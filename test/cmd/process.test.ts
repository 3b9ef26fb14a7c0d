import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/fairlead.ts", import.meta.url));
const source = (path: string): string => JSON.stringify(new URL(`../../src/cmd/${path}`, import.meta.url).href);

/** A command line whose only command prints that it runs, and ends when it is stopped, or never. */
const waiting = (ends: boolean): string => `
  const { main } = await import(${source("main.ts")});
  const { processIo } = await import(${source("io.ts")});
  const run = ({ signal, report }) => new Promise((_, reject) => {
    setInterval(() => {}, 1000);
    report({ type: "warning", message: "it runs" });
    signal.addEventListener("abort", () => { if (${ends}) reject(signal.reason); });
  });
  const wait = { name: "wait", group: "Pipelines", summary: "", examples: ["wait"], load: async () => ({ flags: [], run }) };
  process.exitCode = await main(["wait"], processIo(), [wait]);
  process.exit();`;

test.each([["SIGINT"], ["SIGTERM"], ["SIGHUP"]] as const)("%s ends a process with 130 when its step has ended", async (signal) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", waiting(true)], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.once("data", () => child.kill(signal));
  const [stderr, code] = await Promise.all([text(child.stderr), once(child, "close").then(([exit]) => exit as number)]);
  expect(code).toBe(130);
  expect(stderr).toContain(`fairlead: stopped by ${signal}`);
});

test("a second signal ends the process though its step goes on", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", waiting(false)], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", () => child.kill("SIGINT"));
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(130);
});

test("a reader that closes stdout is no failure", async () => {
  const { stderr } = await promisify(execFile)("bash", [
    "-c",
    '"$0" "$1" ship --help | true; exit "${PIPESTATUS[0]}"',
    process.execPath,
    bin,
  ]);
  expect(stderr).toBe("");
});
