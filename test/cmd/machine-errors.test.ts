import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { asFairleadError } from "../../src/core/errors.ts";
import { remoteFailure } from "../../src/git/failure.ts";
import { fairlead, type Ended } from "../cli.ts";
import { startGitServer } from "../doubles/git-server.ts";
import { startRegistry } from "../doubles/registry.ts";
import { pushTwoPlatforms } from "../pipelines/images.ts";

const bin = fileURLToPath(new URL("../../bin/fairlead.ts", import.meta.url));

/** Plans a build of a repository of this machine, with this temporary folder. */
async function planIn(TMPDIR: string): Promise<Ended> {
  await using git = await startGitServer();
  await using registry = await startRegistry();
  await git.createRepository("acme/app", { files: { Dockerfile: "FROM scratch\n" } });
  return await fairlead(["build", `http://${git.host}/acme/app`, "--image", `${registry.host}/acme/app`, "--dry-run"], { TMPDIR });
}

test.each([
  ["/nowhere", "make a temporary folder in /nowhere: there is no such folder (ENOENT)"],
  ["/proc", "make a temporary folder in /proc: there is no such folder (ENOENT)"],
  ["/dev/null", "make a temporary folder in /dev/null: it is not a folder (ENOTDIR)"],
])("a temporary folder %s that cannot be used is told by its name, with TMPDIR in the hint", async (folder, said) => {
  expect(await planIn(folder)).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: ${said}\nhint: name a folder that exists, and that you may write to, in TMPDIR\n`,
  });
});

test.skipIf(process.getuid?.() !== 0)("a full disk is told by its name, and is no bug", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    await writeFile(join(folder, "fill"), Buffer.alloc(56 * 1024));
    const { code, stderr } = await planIn(folder);
    expect({ code, last: stderr.trimEnd().split("\n").slice(-2) }).toEqual({
      code: 75,
      last: [
        expect.stringMatching(/^fairlead: .*: no space left on device \(ENOSPC\)$/),
        "hint: free space on the disk, or name a folder on another disk in TMPDIR",
      ],
    });
    expect(stderr).not.toContain("hint: Using");
  } finally {
    execFileSync("umount", [folder]);
    await rm(folder, { recursive: true });
  }
});

test.each([
  ["help build > /dev/full", 75, "fairlead: write to stdout: no space left on device (ENOSPC)\n"],
  ["help build > /dev/full 2>&1", 75, ""],
  ["build --nope 2> /dev/full", 2, ""],
])("an output on a full disk is one line and no stack: fairlead %s", async (line, code, stderr) => {
  const ended = await new Promise((resolve) =>
    execFile("/bin/sh", ["-c", `"$0" "$1" ${line}`, process.execPath, bin], (error, _, said) =>
      resolve({ code: error?.code ?? 0, stderr: said }),
    ),
  );
  expect(ended).toEqual({ code, stderr });
});

/** An error of a system call, as Node throws it. */
const systemError = (code: string, syscall: string, path?: string): Error =>
  Object.assign(new Error(code), { code, errno: -1, syscall, path });

test.each([
  [systemError("EACCES", "open", "/run/fairlead/engine.json"), "forbidden", "open /run/fairlead/engine.json: permission denied (EACCES)"],
  [
    systemError("EACCES", "mkdtemp", "/srv/fairlead-git-a1b2c3"),
    "forbidden",
    "make a temporary folder in /srv: permission denied (EACCES)",
  ],
  [systemError("EROFS", "mkdir", "/srv/x"), "forbidden", "mkdir /srv/x: read-only file system (EROFS)"],
  [systemError("EMFILE", "spawn /bin/sh", "/bin/sh"), "unavailable", "spawn /bin/sh: too many open files (EMFILE)"],
  [systemError("ENOMEM", "spawn"), "unavailable", "spawn: not enough memory (ENOMEM)"],
  [systemError("ENOENT", "open", "/srv/x"), "internal", "ENOENT"],
  [systemError("EACCES", "connect"), "internal", "EACCES"],
  [new TypeError("x is not a function"), "internal", "x is not a function"],
])("an error of the machine is told from a bug: %s", (error, code, message) => {
  expect(asFairleadError(error)).toMatchObject({ code, message });
});

test.each([
  [systemError("ENOSPC", "mkdtemp", "/srv/fairlead-git-a1b2c3"), "free space on the disk, or name a folder on another disk in TMPDIR"],
  [systemError("ENOSPC", "open", "/var/lib/fairlead/x.json"), "free space on the disk of /var/lib/fairlead"],
  [systemError("EDQUOT", "mkdir", "/var/lib/fairlead/x"), "free space on the disk of /var/lib/fairlead"],
])("the hint for a full disk names TMPDIR only for a temporary folder: %s", (error, hint) => {
  expect(asFairleadError(error)).toMatchObject({ code: "unavailable", hint });
});

test.skipIf(process.getuid?.() !== 0)("a full disk under --metadata-file is told by the file, with its disk in the hint", async () => {
  await using registry = await startRegistry();
  await pushTwoPlatforms({ host: registry.host, repository: "acme/app" }, "tested");
  const folder = await mkdtemp(join(tmpdir(), "fairlead-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    await writeFile(join(folder, "fill"), Buffer.alloc(64 * 1024));
    const file = join(folder, "result.json");
    const { code, stderr } = await fairlead(["image", "digest", `${registry.host}/acme/app:tested`, "--metadata-file", file]);
    expect({ code, stderr }).toEqual({
      code: 75,
      stderr: `fairlead: write ${file}: no space left on device (ENOSPC)\nhint: free space on the disk of ${folder}, or name a file on another disk with --metadata-file\n`,
    });
  } finally {
    execFileSync("umount", [folder]);
    await rm(folder, { recursive: true });
  }
});

test("a disk that is full here is told from one that is full at the server, in what Git prints", () => {
  const full = "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output";
  expect(remoteFailure("read acme/app", full)).toMatchObject({
    code: "unavailable",
    message: "read acme/app: no space left on device (ENOSPC)",
  });
  expect(remoteFailure("read acme/app", "remote: error: No space left on device\nfatal: early EOF")).toMatchObject({
    code: "unavailable",
    message: "read acme/app: the server broke off",
  });
});
