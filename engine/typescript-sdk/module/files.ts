import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Returns the TypeScript files of a module that are its source, as the SDK takes them: those in the folder `src` of its own. */
export async function listFiles(folder: string): Promise<string[]> {
  const source = join(folder, "src");
  const files = await readdir(source, { recursive: true });
  return files.filter((file) => /(?<!\.d)\.m?ts$/.test(file)).map((file) => join(source, file));
}
