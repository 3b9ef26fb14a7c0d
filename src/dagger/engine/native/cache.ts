import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Fills a folder once for this machine, under the lock of the folders beside it. It appears whole or not at all: a failed or stopped attempt leaves
 * nothing behind, and what a killed one left is removed by the next.
 */
export async function fillOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  await removeUnfinished(dirname(folder));
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await fill(temporary);
    await chmod(temporary, 0o755); // programs are no secret: an engine's users need not be root
    // A faster process has left the same.
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 10 }); // stopped children may still write for a moment
  }
}

/** Removes the folders of those who were killed: nobody else fills one while we have the lock. */
async function removeUnfinished(parent: string): Promise<void> {
  const left = (await readdir(parent)).filter((name) => /\.[A-Za-z\d]{6}$/.test(name)); // as mkdtemp names them
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true, maxRetries: 10 })));
}
