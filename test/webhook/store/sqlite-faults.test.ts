import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, open, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchStoring } from "../../../webhook/storing.ts";
import { openStore } from "../../../webhook/stores/index.ts";
import { openSqlite } from "../../../webhook/stores/sqlite.ts";
import { connect } from "../../../webhook/stores/sqlite/database.ts";
import { migrations } from "../../../webhook/stores/sqlite/migrations.ts";
import { assertLocalFileSystem, prepareFile } from "../../../webhook/stores/sqlite/open-file.ts";
import { claim, delivery, minute, queue, run, statesOf } from "./bed.ts";
import { startProcess } from "./start-process.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-test-store-"));
  file = join(folder, "fairlead.db");
});

afterEach(() => rm(folder, { recursive: true }));

test("a file that another process has locked takes nothing for now, holds nothing up, and goes on when it is free", async () => {
  await using store = await openSqlite(file, { patience: 300 });
  await using lock = startProcess("sqlite-process.ts", "lock", file);
  await lock.said(1);
  let turns = 0;
  const counter = setInterval(() => turns++, 1);
  await expect(store.accept(delivery("d-1"), [run("a")])).rejects.toMatchObject({
    code: "unavailable",
    message: `accept delivery: ${file} is locked by another process`,
  });
  clearInterval(counter);
  expect(turns).toBeGreaterThan(10);
  expect(await store.runs({ limit: 1 })).toEqual([]);
  await using patient = await openSqlite(file, { patience: minute });
  const accepting = patient.accept(delivery("d-1"), [run("a")]);
  await lock.kill();
  expect(await accepting).toMatchObject({ duplicate: false });
});

test("many processes may open a new file at once", async () => {
  const opened = await Promise.all(Array.from({ length: 8 }, () => openSqlite(file)));
  await Promise.all(opened.map((store, index) => queue(store, `lane ${index}`)));
  expect(await opened[0]!.runs({ limit: 20 })).toHaveLength(8);
  await Promise.all(opened.map((store) => store[Symbol.asyncDispose]()));
});

const canMount = process.getuid?.() === 0 && process.platform === "linux" && mounts();
if (!canMount && process.env.CI === "true") throw new Error("a tmpfs cannot be mounted here: run the tests as root");

/** Tells whether this user may mount a file system. */
function mounts(): boolean {
  return spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

test.skipIf(!canMount)(
  "a store on a full disk accepts nothing, keeps no partial write, and recovers without a restart (needs root to mount a tmpfs)",
  async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", disk]);
    try {
      const address = join(disk, "fairlead.db");
      await using store = await openStore(`sqlite:${address}`);
      const before = await store.accept(delivery("before"), [run("a")]);
      await using filler = await open(join(disk, "filler"), "w");
      await filler.write(Buffer.alloc(3 * 2 ** 20));
      const large = { ...delivery("large"), body: new Uint8Array(2 ** 20) };
      const answers = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => store.accept({ ...large, providerId: `large ${index}` }, [run("a")])),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => "rejected"));
      expect(answers[0]).toMatchObject({ reason: { code: "unavailable", message: `accept delivery: no space is left for ${address}` } });
      expect((await store.deliveries({ limit: 9 })).map(({ id }) => id)).toEqual([before.delivery]);
      await filler.truncate(0);
      expect(await store.accept(large, [run("a")])).toMatchObject({ duplicate: false });
      expect(await store.runs({ limit: 9 })).toHaveLength(2);
    } finally {
      spawnSync("umount", [disk]);
    }
  },
);

/** Mounts a disk of 4 MiB, which `fill` fills but for some bytes. */
async function smallDisk(
  name: string,
): Promise<AsyncDisposable & { readonly at: string; fill(left: number): Promise<void>; empty(): Promise<void> }> {
  const at = join(folder, name);
  await mkdir(at);
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", at]);
  const filler = await open(join(at, "filler"), "w");
  return {
    at,
    async fill(left) {
      const { bavail, bsize } = await statfs(at);
      await filler.write(Buffer.alloc(bavail * bsize - left));
    },
    empty: () => filler.truncate(0),
    async [Symbol.asyncDispose]() {
      await filler.close();
      spawnSync("umount", [at]);
    },
  };
}

test.skipIf(!canMount)("a store cannot be opened on a full disk, which is what the error says (needs root to mount a tmpfs)", async () => {
  await using disk = await smallDisk("full");
  const address = join(disk.at, "fairlead.db");
  await (await openStore(`sqlite:${address}`))[Symbol.asyncDispose]();
  await disk.fill(0);
  await expect(openStore(`sqlite:${address}`)).rejects.toMatchObject({
    code: "unavailable",
    message: `open store: no space is left for ${address}`,
    hint: "make space on its disk: nothing has to be restarted",
  });
});

test.skipIf(!canMount)(
  "a disk that is full for a large delivery counts as full while small ones still fit (needs root to mount a tmpfs)",
  async () => {
    await using disk = await smallDisk("nearly-full");
    await using opened = await openStore(`sqlite:${join(disk.at, "fairlead.db")}`);
    let now = 0;
    const storing = watchStoring(opened, () => (now += 10_000));
    const { store } = storing;
    expect(storing.isPossible()).toBe(true);
    await disk.fill(512 * 1024);
    const large = { ...delivery("large"), body: new Uint8Array(2 ** 20) };
    await expect(store.accept(large, [run("a")])).rejects.toMatchObject({ code: "unavailable" });
    expect(await store.accept(delivery("small"), [run("a")])).toMatchObject({ duplicate: false });
    await expect(opened.probe(large.body.length)).rejects.toMatchObject({ code: "unavailable" });
    expect(storing.isPossible()).toBe(false);
    await disk.empty();
    await vi.waitFor(() => expect(storing.isPossible()).toBe(true), { timeout: 10_000, interval: 10 });
    expect(await store.accept(large, [run("a")])).toMatchObject({ duplicate: false });
    expect(await opened.config("probe")).toBeUndefined();
  },
);

test("a file that is no store, or of a newer version, is refused in one line and left as it is", async () => {
  const refusal = async (at: string): Promise<unknown> => {
    const before = await readFile(at);
    const error: unknown = await openStore(`sqlite:${at}`).then(
      () => "opened",
      (failure: unknown) => failure,
    );
    expect(Buffer.compare(await readFile(at), before)).toBe(0);
    const { code, message, hint } = error as Record<string, string>;
    return { code, message: message?.replace(at, "FILE"), hint };
  };
  const text = join(folder, "text.db");
  await writeFile(text, "name,price\n".repeat(1000));
  expect(await refusal(text)).toMatchInlineSnapshot(`
    {
      "code": "conflict",
      "hint": "name another file, or restore a backup",
      "message": "open store: FILE is no store, or its first page is damaged",
    }
  `);
  const foreign = join(folder, "foreign.db");
  new DatabaseSync(foreign).exec("CREATE TABLE bookmark (url)");
  expect(await refusal(foreign)).toMatchInlineSnapshot(`
    {
      "code": "conflict",
      "hint": "name another file",
      "message": "open store: FILE is another program's database",
    }
  `);
  await (await openSqlite(file))[Symbol.asyncDispose]();
  using db = new DatabaseSync(file);
  db.exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
  expect(await refusal(file)).toMatchInlineSnapshot(`
    {
      "code": "unsupported",
      "hint": "run the newer fairlead, or restore the backup that was made before it",
      "message": "open store: FILE was written by a newer fairlead: its schema is 99, this one knows 11",
    }
  `);
});

test("a store file that was cut off or overwritten is refused with what to do", async () => {
  {
    await using store = await openSqlite(file);
    for (let index = 0; index < 200; index++)
      await store.accept({ ...delivery(`${index}`), body: new Uint8Array(8192) }, [run(`lane ${index}`)]);
  }
  const { size } = await stat(file);
  const [cut, over] = [join(folder, "cut.db"), join(folder, "over.db")];
  await Promise.all([cp(file, cut), cp(file, over)]);
  await using cutFile = await open(cut, "r+");
  await cutFile.truncate(size / 2);
  await using overFile = await open(over, "r+");
  await overFile.write(Buffer.alloc(size - 8192, 0xa5), 0, size - 8192, 8192);
  for (const damaged of [cut, over]) {
    await expect(openSqlite(damaged)).rejects.toMatchObject({
      code: "internal",
      message: `open store: ${damaged} is damaged`,
      hint: "stop the listener, move the file away with its -wal and -shm, and restore a backup",
    });
  }
});

test("a migration that is killed has done nothing, and is done at the next start", async () => {
  await using migrating = startProcess("sqlite-process.ts", "migrate", file);
  await expect(migrating.said(1)).rejects.toThrow("migrate ended");
  {
    using db = new DatabaseSync(file);
    expect(db.prepare("SELECT name FROM sqlite_schema").all()).toEqual([]);
  }
  await using store = await openSqlite(file);
  expect(await statesOf(store, await queue(store, "a"))).toEqual(["queued"]);
});

test("a backup that was made while the store was in use is a whole store", async () => {
  const backup = join(folder, "backup.db");
  await using store = await openSqlite(file);
  const [first] = [await store.accept(delivery("first"), [run("a")]), await claim(store)];
  const burst = Promise.all(Array.from({ length: 200 }, (_, index) => queue(store, `lane ${index}`)));
  using db = new DatabaseSync(file);
  db.exec(`VACUUM INTO '${backup}'`);
  await burst;
  await using restored = await openSqlite(backup);
  expect(await restored.accept(delivery("first"), [])).toEqual({ ...first, duplicate: true });
  expect(await statesOf(restored, first.runs[0]!)).toEqual(["running"]);
});

test("the wall clock may jump: leases, back-off and waiting go on as they were", async () => {
  let [wall, monotonic] = [1_790_000_000_000, 5_000];
  const clock = { wall: () => wall, monotonic: () => monotonic, boot: "one" };
  await using store = await openSqlite(file, { clock });
  for (const hours of [1, -2, 1]) {
    const id = await queue(store, "a");
    wall += hours * 60 * minute;
    const claimed = await claim(store);
    expect([claimed.id, await store.reap()]).toEqual([id, 0]);
    wall += hours * 60 * minute;
    await using other = await openSqlite(file, { clock });
    expect(await other.reap()).toBe(0);
    monotonic += minute;
    expect(await other.reap()).toBe(1);
    monotonic += 5 * minute;
    await store.finish(await claim(other), { state: "succeeded", result: null });
  }
});

test("a reboot ends all leases, whatever the clock says, and no back-off exceeds five minutes", async () => {
  let [boot, wall] = ["one", 1_790_000_000_000];
  const clock = (): { wall: () => number; monotonic: () => number; boot: string } => ({ wall: () => wall, monotonic: () => 0, boot });
  const error = { code: "unavailable", message: "503" } as const;
  let lost: string;
  {
    await using store = await openSqlite(file, { clock: clock() });
    await queue(store, "rests");
    await store.finish(await claim(store), { state: "failed", retry: true, error });
    lost = await queue(store, "runs");
    await claim(store);
  }
  [boot, wall] = ["two", wall - 1e9];
  await using store = await openSqlite(file, { clock: clock() });
  expect([await store.reap(), await statesOf(store, lost)]).toEqual([1, ["queued"]]);
  await using later = await openSqlite(file, { clock: { ...clock(), monotonic: () => 5 * minute } });
  expect([(await claim(later)).lane, (await claim(later)).lane].toSorted()).toEqual(["rests", "runs"]);
});

test("a process that cannot read the boot id is refused where others can: it would end their leases", async () => {
  const known = { wall: () => 1_790_000_000_000, monotonic: () => 5_000, boot: "one" };
  const unknown = { ...known, boot: "unknown" };
  await using alone = await openSqlite(join(folder, "alone.db"), { clock: unknown });
  await using another = await openSqlite(join(folder, "alone.db"), { clock: unknown });
  await queue(alone, "a");
  expect((await claim(another)).lane).toBe("a");
  await using store = await openSqlite(file, { clock: known });
  await queue(store, "a");
  await claim(store);
  await expect(openSqlite(file, { clock: unknown })).rejects.toMatchObject({
    code: "unsupported",
    message: "open store: /proc/sys/kernel/random/boot_id cannot be read, and who has used the file before could",
    hint: "let all who use it read that: in a systemd unit, no ProcSubset=pid",
  });
  expect(await store.reap()).toBe(0);
});

test("a file is made for its owner alone, and not on a network file system", async () => {
  const deep = join(folder, "a/b/fairlead.db");
  await (await openStore(`sqlite:${deep}`))[Symbol.asyncDispose]();
  expect([(await stat(deep)).mode & 0o777, (await stat(join(folder, "a/b"))).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(() => assertLocalFileSystem(file, 0x6969)).toThrow("is on NFS, where it would be damaged");
  expect(() => assertLocalFileSystem(file, 0xef53)).not.toThrow();
});

test("an address of no kind of store, and a file that cannot be written, are one clear line", async () => {
  await expect(openStore("redis://x")).rejects.toMatchObject({
    code: "input",
    message: 'open store: there is no kind of store "redis": expected an address such as sqlite:/var/lib/fairlead/fairlead.db',
  });
  await expect(openStore("sqlite:")).rejects.toMatchObject({ code: "input" });
  await expect(openStore(`sqlite:${folder}`)).rejects.toMatchObject({
    code: "unavailable",
    message: `open store: ${folder} cannot be opened for writing: EISDIR`,
  });
});

test("an audit that an older schema has is kept, still changed by nobody, and takes every way of an act", async () => {
  const db = connect(file);
  prepareFile(db, file, migrations.slice(0, 8));
  db.exec(
    "INSERT INTO audit (at, who, how, act, subject, config_hash, detail) VALUES (5, 'root', 'cli', 'approve run', 'r-1', 'hash', '{}')",
  );
  await using store = await openSqlite(file);
  const act = { at: new Date(5), who: "root", how: "cli", act: "approve run", subject: "r-1", configHash: "hash", detail: {} };
  expect(await store.audit(9)).toEqual([act]);
  await queue(store, "a");
  const found = { verdict: "approved", commit: "c".repeat(40), by: "octocat", how: "review", url: null } as const;
  await store.noteDecision(await claim(store), found);
  expect((await store.audit(9)).map(({ who, how }) => `${who} ${how}`)).toEqual(["octocat review", "root cli"]);
  for (const change of ["UPDATE audit SET who = 'x'", "DELETE FROM audit"]) expect(() => db.exec(change)).toThrow("an audit is never");
  db.close();
});

test("a file gives the space of what was pruned back to its disk", async () => {
  let now = 0;
  const clock = { wall: () => now, monotonic: () => now, boot: "one" };
  await using store = await openSqlite(file, { clock });
  const sizeOf = async (): Promise<number> => (await stat(file)).size;
  const body = new Uint8Array(100_000);
  for (let count = 0; count < 200; count++) await store.accept({ ...delivery(`d-${count}`), body }, []);
  const full = await sizeOf();
  now = minute;
  expect(await store.prune(1)).toBe(200);
  expect(full).toBeGreaterThan(10_000_000);
  expect(await sizeOf()).toBeLessThan(1_000_000);
  expect(await store.known("github-app", "d-1")).toMatchObject({ duplicate: true });
});
