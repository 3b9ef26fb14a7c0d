import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import { onlyFile } from "../../src/git-providers/github/zip.ts";
import { zipOf } from "../doubles/zip.ts";

const read = (bytes: Uint8Array, most = 1000): string => Buffer.from(onlyFile("read artifact 1", bytes, most)).toString();
const refusal = (bytes: Uint8Array, most = 1000): string => {
  try {
    return `it is read: ${read(bytes, most)}`;
  } catch (error) {
    return error instanceof FairleadError ? `${error.code}: ${error.message}` : String(error);
  }
};

test("the one file of an archive is read, packed or not, and so is a file without an archive", () => {
  const text = '{"image":"disk-1"}';
  const archives = [zipOf({ "a.json": text }), zipOf({ "a.json": text }, { stored: true }), Buffer.from(text)];
  expect(archives.map((each) => read(each))).toEqual([text, text, text]);
});

test("the archives of the double are ZIP archives, as Python reads them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-zip-"));
  await writeFile(join(folder, "a.zip"), zipOf({ "a.json": "{}", "b.txt": "b\n" }));
  const { stdout } = await promisify(execFile)("python3", ["-m", "zipfile", "-t", join(folder, "a.zip")]);
  await rm(folder, { recursive: true });
  expect(stdout.trim()).toBe("Done testing");
});

test("attack 74 (an archive takes more memory than its limit): a stored file that lies about its size is an error", () => {
  const stored = Buffer.from(zipOf({ "a.json": "x".repeat(5000) }, { stored: true }));
  stored.writeUInt32LE(10, stored.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24); // its directory says that it is small
  expect(refusal(stored)).toBe("input: read artifact 1: its file has more than 1000 bytes");
});

test("an archive of several files, of a large one, or a broken one is an error", () => {
  const whole = Buffer.from(zipOf({ "a.json": "x".repeat(500) }));
  const bomb = Buffer.from(zipOf({ "a.json": "x".repeat(100_000) }));
  const lying = Buffer.from(bomb);
  lying.writeUInt32LE(10, lying.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24); // its directory says that it is small
  const cases = [
    zipOf({ a: "1", b: "2" }),
    zipOf({}),
    bomb,
    lying,
    whole.subarray(0, 60),
    whole.subarray(0, -30),
    Buffer.from("x".repeat(1001)),
  ];
  expect(cases.map((each) => refusal(each))).toMatchInlineSnapshot(`
    [
      "input: read artifact 1: it has 2 files, and one is expected",
      "input: read artifact 1: it has 0 files, and one is expected",
      "input: read artifact 1: its file has more than 1000 bytes",
      "input: read artifact 1: its archive cannot be read",
      "input: read artifact 1: its archive has no end",
      "input: read artifact 1: its archive has no end",
      "input: read artifact 1: it has more than 1000 bytes",
    ]
  `);
});

test("bytes of any kind behind the mark of an archive are read or are an error of ours", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(200), (noise, at) => {
      const bytes = Buffer.from(zipOf({ "a.json": "{}" }));
      bytes.set(noise.subarray(0, Math.max(bytes.length - at, 0)), Math.min(at, bytes.length));
      expect(refusal(bytes)).toMatch(/^(it is read|input: read artifact 1): /);
    }),
  );
});
