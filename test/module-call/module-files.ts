/** The module as Git has it. */
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Returns the files of this repository that Dagger reads, by their paths. */
export async function moduleFiles(): Promise<Readonly<Record<string, string>>> {
  const paths = ["dagger.json", ...globSync("src/**/*.*").filter((path) => !/node_modules|^src\/sdk/.test(path))];
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(path, "utf8")] as const)));
}
