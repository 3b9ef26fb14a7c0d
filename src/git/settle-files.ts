import { chmod, lutimes, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mapLimited } from "../core/limit.ts";

/** Entries of a folder that are changed at once. */
const atOnce = 32;

/**
 * Gives all below a folder the same modes and times everywhere: 755 for folders and programs, 644 for other files, and the time of the commit.
 * Else both were those of this process and of now, and equal commits would not be equal layers.
 */
export async function settleFiles(folder: string, time: Date): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  await mapLimited(atOnce, entries, async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return await settleFiles(path, time);
    if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
    await lutimes(path, time, time);
  });
  await chmod(folder, 0o755);
  await lutimes(folder, time, time);
}
