/** H5 and W3, as an operator meets them: the command line beside a listener. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fairlead } from "../../cli.ts";
import { startListener } from "../../webhook/listener.ts";
import { pushOf, tellRoutes } from "../signed.ts";

vi.setConfig({ testTimeout: 120_000 });

test("attack 5 (H5): a refused delivery runs by deliveries resend after its limit was raised, and its runs are canceled together", async () => {
  const given = { routes: tellRoutes(1), workers: { count: 1 } };
  await using listener = await startListener({ ...given, limits: { events: 2 } });
  const sent = JSON.stringify({ events: [pushOf("a"), pushOf("b"), pushOf("c")] });
  const refused = "it has 3 events, more than 2: limits.events";
  const { status, body } = await listener.deliver(sent, { id: "d-1" });
  const { delivery } = body as { delivery: string };
  expect([status, body]).toEqual([202, { refused, delivery, runs: [] }]);
  expect(await listener.deliver(sent, { id: "d-1" })).toMatchObject({ status: 200, body: { duplicate: delivery } });
  expect((await listener.command("deliveries", "list")).stdout).toContain(`refused: ${refused}`);
  expect(await listener.command("deliveries", "resend", delivery)).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: resend delivery ${delivery}: ${refused}\nhint: raise limits in the configuration\n`,
  });

  await listener.configure(given);
  const resent = JSON.parse((await listener.command("deliveries", "resend", delivery, "--json")).stdout) as {
    delivery: string;
    runs: string[];
  };
  expect(resent.runs).toHaveLength(3);
  const canceled = JSON.parse((await listener.command("runs", "cancel", "--delivery", resent.delivery, "--json")).stdout) as {
    canceled: number;
  };
  const states = await Promise.all(resent.runs.map(async (id) => (await listener.run(id)).state));
  expect(states.filter((state) => state === "canceled").length).toBeGreaterThanOrEqual(canceled.canceled);
});

test.each([
  [[], "cancel runs: expected an id, or flags that say which"],
  [["01a2b3c4", "--source", "ci"], "cancel runs: expected an id, or flags that say which"],
])("fairlead runs cancel with %j says what it expects", async (args, message) => {
  const { code, stderr } = await fairlead(["runs", "cancel", ...args]);
  expect([code, stderr]).toEqual([
    2,
    `fairlead: ${message}\nhint: name a run, or some of --source, --delivery and --route, but not both\n`,
  ]);
});

test("attack 15 (W3): serve and sources refuse a secret that can be guessed, and say how to make one", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-weak-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, "fairlead.yaml");
  await writeFile(
    file,
    `version: 1\nsources: { ci: { kind: github, secrets: env:WEAK } }\nstore: "sqlite:${join(folder, "x.db")}"\nlisten: { port: 0 }\n`,
  );
  const why = "it is shorter than 16 bytes, or has fewer than 5 different ones";
  for (const command of ["serve", "sources"]) {
    for (const WEAK of ["fifteen-bytes-x", "a".repeat(24), "abab".repeat(8)]) {
      expect(await fairlead([command, "--config", file], { WEAK })).toEqual({
        code: 2,
        stdout: "",
        stderr: `fairlead: open sources: a secret of ci can be guessed: ${why}\nhint: make one: openssl rand -hex 32\n`,
      });
    }
  }
});

test("a configuration that everybody may write is not read: it names commands", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-open-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const [file, ran] = [join(folder, "fairlead.yaml"), join(folder, "ran")];
  await writeFile(file, `version: 1\nsources: { ci: { kind: github, secrets: "cmd:touch ${ran}; echo 0123456789abcdef0" } }\n`);
  await chmod(file, 0o666);
  expect(await fairlead(["sources", "--config", file])).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: read ${file}: it can be written by everybody (mode 0666)\nhint: look through it, and run chmod 644 ${file}\n`,
  });
  expect(existsSync(ran)).toBe(false);
});

test("fairlead runs cancel refuses a name that the configuration does not have", async () => {
  await using listener = await startListener({});
  const failed: (string | number | null)[] = [];
  for (const args of [
    ["--source", "nosuch"],
    ["--route", "nosuch"],
    ["--delivery", "nosuch"],
  ]) {
    const { code, stderr } = await listener.command("runs", "cancel", ...args);
    failed.push(code, stderr);
  }
  const hint = "hint: look up its name with fairlead runs list\n";
  expect(failed).toEqual([
    ...[4, `fairlead: cancel runs: there is no source nosuch\n${hint}`],
    ...[4, `fairlead: cancel runs: there is no route nosuch\n${hint}`],
    ...[4, "fairlead: find delivery nosuch: there is none\nhint: run fairlead deliveries list\n"],
  ]);
});

test("attack 15 (W3): the listener warns of a secret's file that all users can read, by its name", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-open-"));
  stack.defer(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  await mkdir(join(folder, "private"), { mode: 0o700 });
  const [open, closed] = [join(folder, "open.key"), join(folder, "closed.key")];
  const behind = join(folder, "private/behind.key");
  await writeFile(behind, "canary-of-a-file-in-a-closed-folder", { mode: 0o644 });
  await writeFile(open, "canary-of-an-open-file", { mode: 0o644 });
  await writeFile(closed, "canary-of-a-closed-file", { mode: 0o640 });
  await chmod(open, 0o644);
  const sources = { ci: { kind: "generic-hmac", secrets: [`file:${open}`, `file:${closed}`, `file:${behind}`, "env:CI_KEY"] } };
  await using listener = await startListener({ sources });
  const warned = listener
    .log()
    .split("\n")
    .filter((line) => line.includes("a secret can be"));
  expect(warned.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 40, file: open, hint: `chmod 600 ${open}`, msg: "a secret can be read by everybody (mode 0644)" }),
  ]);
  expect(listener.log()).not.toContain("canary-of-");
});
