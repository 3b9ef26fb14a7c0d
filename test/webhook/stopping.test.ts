/** The start and the stop of a listener, as signals, a service manager and a second listener see them. */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { follow, startFairlead } from "../cli.ts";
import { key, startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const push = (branch: string) => ({
  ...{ kind: "push" as const, repository: "github.com/acme/app", branch, commit: "1".repeat(40), before: null },
});
const bin = fileURLToPath(new URL("../../bin/fairlead.ts", import.meta.url));
const hasOnlyJson = (text: string): boolean =>
  text
    .trim()
    .split("\n")
    .every((line) => line === "" || line.startsWith('{"level":'));

/** Opens a connection to a listener, and collects what comes. */
async function connect(url: string): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  const answer = (async () => {
    let said = "";
    for await (const chunk of socket.setEncoding("utf8")) said += chunk as string;
    return said;
  })();
  await once(socket, "connect");
  return { socket, answer };
}

function requestOf(path: string, body: string): string {
  const signature = createHmac("sha256", key).update(body).digest("hex");
  const headers = ["Host: x", "Content-Type: application/json", `X-Signature: sha256=${signature}`, `Content-Length: ${body.length}`];
  return `POST ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${body}`;
}

test("a request that has begun when the listener is stopped is answered, and its delivery is stored", async () => {
  await using listener = await startListener({});
  const [address] = await listener.addresses("ci");
  const request = requestOf(new URL(address!).pathname, JSON.stringify(push("main")));
  const [halfHeader, halfBody, silent] = [await connect(listener.url), await connect(listener.url), await connect(listener.url)];
  halfHeader.socket.write(request.slice(0, 40));
  halfBody.socket.write(request.slice(0, -20));
  await fetch(`${listener.url}/healthz`); // by now the listener has read them
  listener.process.stop("SIGTERM");
  await listener.process.printed('"msg":"stopping"');
  expect(await silent.answer).toBe("");
  halfHeader.socket.write(request.slice(40));
  halfBody.socket.write(request.slice(-20));
  for (const answer of [await halfHeader.answer, await halfBody.answer]) {
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/Connection: close/i);
  }
  expect((await listener.process.ended).code).toBe(0);
  expect(await listener.store.deliveries({ limit: 9 })).toHaveLength(2);
});

test("a restart loses no connection to the socket that systemd hands over, and what is for another process is left alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-socket-"));
  const file = join(folder, "fairlead.yaml");
  await writeFile(file, JSON.stringify({ version: 1, store: `sqlite:${join(folder, "db")}`, listen: { port: 1 } }));
  const held = createServer().listen(0, "127.0.0.1");
  await once(held, "listening");
  const { port } = held.address() as AddressInfo;
  const { fd } = (held as unknown as { readonly _handle: { readonly fd: number } })._handle;
  // the shell holds the socket, as systemd does, and takes no connection
  const script = `for time in 1 2; do sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$@"; done`;
  const args = ["-c", script, "sh", process.execPath, bin, "serve", "--config", file];
  const holder = follow(spawn("sh", args, { stdio: ["ignore", "pipe", "pipe", fd], env: { PATH: process.env.PATH } }) as never);
  held.close();
  const stop = async (): Promise<void> => void process.kill(await childOf(holder.pid), "SIGTERM");
  const status = async (): Promise<string> => {
    const { socket, answer } = await connect(`http://127.0.0.1:${port}`);
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return (await answer).slice(9, 12);
  };
  try {
    await holder.printed(`"host":"127.0.0.1","port":${port}`);
    expect(await status()).toBe("200");
    await stop();
    await holder.printed('"msg":"stopping"');
    expect(await Promise.all(Array.from({ length: 5 }, status))).toEqual(Array.from({ length: 5 }, () => "200"));
    await stop();
    const { code, stderr } = await holder.ended;
    expect({ code, started: stderr.split('"msg":"listening"').length - 1 }).toEqual({ code: 0, started: 2 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await using other = await startListener({}, { LISTEN_FDS: "1", LISTEN_PID: "1" });
  expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
});

test("a SIGHUP at any time of the start is a reload, and all lines of the log are JSON", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-hangup-"));
  const file = join(folder, "fairlead.yaml");
  await writeFile(file, JSON.stringify({ version: 1, store: `sqlite:${join(folder, "db")}`, listen: { port: 0 } }));
  try {
    const listener = startFairlead(["serve", "--config", file]);
    // Node itself resets signals until it runs our first line
    await vi.waitFor(async () => expect(await handles(listener.pid)).toBe(true), { timeout: 60_000, interval: 2 });
    const hangups = setInterval(() => listener.stop("SIGHUP"), 20);
    await listener.printed('"msg":"configuration read again"');
    await listener.printed('"msg":"listening"');
    clearInterval(hangups);
    listener.stop("SIGTERM");
    const { code, stderr } = await listener.ended;
    expect({ code, json: hasOnlyJson(stderr) }).toEqual({ code: 0, json: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a SIGTERM during the start ends the listener with JSON in its log alone", async () => {
  await using listener = await startListener({});
  await listener.command("sources");
  const second = startFairlead(["serve", "--config", join(listener.folder, "fairlead.yaml")], { CI_KEY: key });
  await vi.waitFor(async () => expect(await handles(second.pid, "SIGTERM")).toBe(true), { timeout: 60_000, interval: 2 });
  second.stop("SIGTERM");
  expect(hasOnlyJson((await second.ended).stderr)).toBe(true);
});

test("a second listener at a port that is taken ends, starts no worker and puts nothing in force", async () => {
  await using listener = await startListener({ listen: { port: 0 } });
  const inForce = await listener.store.configInForce();
  await listener.configure({ listen: { port: Number(new URL(listener.url).port) } });
  const { code, stderr } = await listener.command("serve");
  expect(code).toBe(75);
  expect(stderr).toMatch(/^fairlead: listen at 127\.0\.0\.1:\d+: another program listens there\nhint: .*\n$/);
  expect(await listener.store.configInForce()).toBe(inForce);
});

test("/readyz is 503 from a delivery that could not be stored until one can be stored again", async () => {
  await using listener = await startListener({ workers: { count: 1 } });
  await ready(listener, 200);
  const other = new DatabaseSync(join(listener.folder, "fairlead.db"));
  other.exec("BEGIN EXCLUSIVE");
  expect(await listener.deliver(push("locked"))).toMatchObject({ status: 503, body: { error: "it cannot be stored now" } });
  const { status, body } = await readiness(listener);
  expect({ status, body }).toMatchObject({ status: 503, body: { ready: false, store: "nothing can be stored" } });
  other.exec("ROLLBACK");
  other.close();
  await ready(listener, 200);
});

async function readiness({ url }: Listener): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: await response.json() };
}

async function ready(listener: Listener, status: number): Promise<void> {
  await vi.waitFor(async () => expect((await readiness(listener)).status).toBe(status), { timeout: 60_000, interval: 50 });
}

/** Tells whether a process has a handler of a signal, by what the kernel says. */
async function handles(pid: number, signal: "SIGHUP" | "SIGTERM" = "SIGHUP"): Promise<boolean> {
  const [, caught = "0"] = /^SigCgt:\s+([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return (BigInt(`0x${caught}`) & (signal === "SIGHUP" ? 1n : 1n << 14n)) !== 0n;
}

/** Returns the process that another has started. */
async function childOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ")[0]);
}
