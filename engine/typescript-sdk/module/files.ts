import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Returns the TypeScript files of a folder that are a module's source, as the SDK takes them. */
export async function listFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => /(?<!\.d)\.m?ts$/.test(file)).map((file) => join(folder, file));
}
