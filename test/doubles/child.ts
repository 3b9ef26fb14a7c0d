/** Servers that are separate programs. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";

export interface ChildOptions {
  /** The file of both outputs. A pipe that nobody reads would stop the program. */
  readonly log: string;
  /** The line that it prints once it serves. */
  readonly ready: RegExp;
}

const patience = 15_000;

/** Starts a program, waits for its `ready` line, and ends it when `stack` is disposed of or when this process dies. */
export async function startChild(
  stack: AsyncDisposableStack,
  command: string,
  args: readonly string[],
  { log, ready }: ChildOptions,
): Promise<RegExpExecArray> {
  const output = openSync(log, "w");
  // the kernel ends it when we are killed: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
  const child = spawn("setpriv", ["--pdeathsig", "TERM", command, ...args], {
    stdio: ["ignore", output, output],
    // nothing is inherited: REGISTRY_… variables, for one, change docker-registry's configuration
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
  });
  closeSync(output);
  await once(child, "spawn");
  stack.defer(() => end(child));
  return waitFor(child, log, ready);
}

/** Watches the log file, without polling. Fails at once if the program ends. */
function waitFor(child: ChildProcess, log: string, ready: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = ready.exec(readFileSync(log, "utf8"));
      if (found) finish(() => resolve(found));
    };
    const fail = (why: string): void =>
      finish(() => reject(new Error(`start ${child.spawnargs[3]}: ${why}\n${readFileSync(log, "utf8").slice(-2000)}`)));
    const ended = (): void => fail("it ended");
    const timer = setTimeout(() => fail(`not ready after ${patience} ms`), patience);
    const watcher = watch(dirname(log), look);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      watcher.close();
      child.off("exit", ended);
      settle();
    };
    if (child.exitCode !== null) return ended();
    child.once("exit", ended);
    look();
  });
}

/** Ends a program and what it has started (sshd has a process for each connection, in a session of its own). */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  for (const pid of await readDescendants(child.pid)) terminate(pid);
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exit;
  clearTimeout(timer);
}

function terminate(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // it has ended since we looked
  }
}

async function readDescendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.split(" ").filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(readDescendants))).flat()];
}

/** For a program that cannot take port 0. Another program may take the port in between: then the caller tries again. */
export async function findFreePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
