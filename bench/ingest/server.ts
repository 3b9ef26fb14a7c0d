import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../test/doubles/child.ts";
import { plainEnvironment, type Command } from "../measure.ts";

/** A program that takes deliveries, on the servers' core. */
export interface Server {
  readonly port: number;
  readonly path: string;
  /** Waits until it is idle: some servers answer before they have done everything. */
  rest(): Promise<void>;
}

/** The options of a server, once its port is known. */
export interface Start {
  readonly path: string;
  readonly log: string;
  /** The niceness of its processes, and of their group, as in nice(1). */
  readonly niceness?: number;
  readonly command: (port: number) => Promise<Omit<Command, "env"> & Partial<Command>>;
}

/** The key that signs all deliveries. */
export const secret = "the-key-of-the-bench";

/** Of two cores, the one that all servers share; the load has the other. */
const serversCore = "0";
const launch = ["--pdeathsig", "TERM", "taskset", "--cpu-list", serversCore, "nice"];
const patience = 60_000;

/** Starts a server and waits until it takes connections. It is stopped with the stack, or when this process dies. */
export async function startServer(stack: AsyncDisposableStack, { path, log, niceness = 0, command }: Start): Promise<Server> {
  const port = await findFreePort("127.0.0.1");
  const { program, args, env } = await command(port);
  const output = openSync(log, "a");
  const child = spawn("setpriv", [...launch, `--adjustment=${niceness}`, program, ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", output, output],
    detached: true,
  });
  await standBefore(child.pid!, niceness);
  closeSync(output);
  const ended = once(child, "exit");
  stack.defer(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  for (const until = performance.now() + patience; !(await takesConnections(port)); await delay(50)) {
    if (child.exitCode === null && performance.now() < until) continue;
    throw new Error(`start ${program}: it does not listen\n${(await readFile(log, "utf8")).slice(-2000)}`);
  }
  return { port, path, rest: () => rest(child.pid!) };
}

/**
 * Gives the session that a process leads the same niceness among groups.
 * Builds are in a control group. If sessions are groups too, a process's own niceness counts only within its session:
 * sched(7), "The autogroup feature".
 */
async function standBefore(pid: number, niceness: number): Promise<void> {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) await writeFile(file, String(niceness));
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  return await once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

async function rest(pid: number): Promise<void> {
  for (let [before, now] = [-1, await ticksOf(pid)]; now !== before; [before, now] = [now, await ticksOf(pid)]) await delay(100);
}

/** Returns the CPU time of a process: proc_pid_stat(5), fields 14 and 15. The name before them may hold spaces. */
async function ticksOf(pid: number): Promise<number> {
  const [, fields = ""] = /^.*\) (.*)$/s.exec(await readFile(`/proc/${pid}/stat`, "utf8")) ?? [];
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return user! + system!;
}
