import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitServer } from "./git-server.ts";
import { startGitHub } from "./github.ts";
import { startProxy } from "./proxy.ts";
import { startRegistry } from "./registry.ts";
import { startSlack } from "./slack.ts";
import { startSshServer } from "./sshd.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "fairlead-test-"));
  vi.stubEnv("TMPDIR", home); // the doubles' folders, of this file alone
});
afterAll(() => {
  vi.unstubAllEnvs();
  return rm(home, { recursive: true });
});

/** The command lines of living processes that name this file's folder. */
function findProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readCommand)
    .filter((command) => command.includes(home));
}

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has just ended
  }
}

const doubles = {
  registry: () => startRegistry({ users: { ann: "secret" } }),
  proxy: () => startProxy("127.0.0.1:1"),
  "git server": () => startGitServer(),
  "ssh server": () => startSshServer(home),
  github: () => startGitHub(),
  slack: () => startSlack({ tokens: {}, channels: [] }),
};

test.for(Object.entries(doubles))("a %s that was stopped twice leaves neither process nor folder nor open port", async ([, start]) => {
  const running = await start();
  await Promise.all([running.stop(), running.stop()]);
  expect({ folders: readdirSync(home), processes: findProcesses() }).toEqual({ folders: [], processes: [] });
  await expect(fetch(`http://${running.host}`)).rejects.toThrow("fetch failed");
});

test.for(
  Object.entries({
    registry: () => startRegistry({ address: "192.0.2.1" }),
    "ssh server": () => startSshServer(home, { address: "192.0.2.1" }),
    github: () => startGitHub({ address: "192.0.2.1" }),
  }),
)("a %s that cannot start leaves nothing behind", async ([, start]) => {
  await expect(start()).rejects.toThrow(/cannot assign requested address|EADDRNOTAVAIL/i);
  expect({ folders: readdirSync(home), processes: findProcesses() }).toEqual({ folders: [], processes: [] });
});

test("a stop does not wait for a client that holds its connection", async () => {
  const server = await startGitHub();
  const slow = createServer((_, response) => void response.write("…")).listen(0, "127.0.0.1");
  await once(slow, "listening");
  const proxy = await startProxy(`127.0.0.1:${(slow.address() as AddressInfo).port}`);
  const { body } = await fetch(proxy.url);
  await Promise.all([server.stop(), proxy.stop()]);
  await expect(body?.getReader().closed).rejects.toThrow("terminated");
  slow.closeAllConnections();
  slow.close();
});

/** Starts both in a process of their own, and returns it once they serve. */
async function startElsewhere(then: string): Promise<ChildProcess> {
  const script = `
    const { startRegistry } = await import(${JSON.stringify(new URL("registry.ts", import.meta.url))});
    const { startSshServer } = await import(${JSON.stringify(new URL("sshd.ts", import.meta.url))});
    await Promise.all([startRegistry(), startSshServer(process.env.TMPDIR)]);
    console.log("started");
    ${then}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["pipe", "pipe", "inherit"] });
  expect(await once(createInterface(child.stdout), "line")).toEqual(["started"]);
  expect(findProcesses()).toHaveLength(2);
  return child;
}

test("a registry and an sshd die with the process that started them, even when it is killed", async () => {
  const child = await startElsewhere("setInterval(() => {}, 1e6);");
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect.poll(findProcesses, { interval: 5 }).toEqual([]);
  for (const folder of readdirSync(home)) await rm(join(home, folder), { recursive: true });
});

test("a process that exits without stopping them leaves no folder either", async () => {
  const child = await startElsewhere("process.stdin.once('end', () => process.exit()).resume();");
  child.stdin?.end();
  await once(child, "exit");
  expect(readdirSync(home)).toEqual([]);
  await expect.poll(findProcesses, { interval: 5 }).toEqual([]);
});
