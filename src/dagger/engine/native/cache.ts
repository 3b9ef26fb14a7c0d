import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Fills a folder once for this machine. It appears whole or not at all: a failed or stopped attempt leaves nothing
 * behind.
 */
export async function fillOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
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
