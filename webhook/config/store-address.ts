import { z } from "zod";
import { readYaml } from "../../src/config/document.ts";
import { faultError, placeProblems, problemsOf } from "../../src/config/problem.ts";
import { absoluteStore, defaultStore, storeAddress, storeExamples, storeProblem } from "../stores/index.ts";
import { pathsBeside } from "../../src/config/file.ts";
import { readListenerFile } from "./file.ts";

/** The schema of `store`. */
export const storeSchema = z
  .string()
  .regex(storeAddress, { error: ({ input }) => storeProblem(String(input)) })
  .default(defaultStore)
  .describe(`keep deliveries and runs in this store, such as ${storeExamples.join(" or ")}`);

const schema = z.looseObject({ store: storeSchema });

/**
 * Returns the address of the store of a configuration, with an absolute path, whatever else is wrong with the file: somebody may be editing it while
 * the listener goes on. Throws `input` where the store cannot be told.
 */
export async function loadStoreAddress(path: string): Promise<string> {
  return absoluteStore(readStoreAddress(await readListenerFile(path), path), pathsBeside(path));
}

function readStoreAddress(text: string, path: string): string {
  const { document, faults, positionOf } = readYaml(text);
  if (document?.readBefore === Infinity) {
    const value = document.value ?? {};
    const problems = placeProblems(problemsOf(schema, value), document);
    if (problems.length > 0) throw faultError(path, problems, positionOf);
    return schema.parse(value).store;
  }
  const line = storeLine(text);
  if (line === undefined || line === text) throw faultError(path, faults, positionOf);
  return readStoreAddress(line, path);
}

/**
 * Returns the text without all but the line of its store, for a text in which YAML goes wrong somewhere else; empty where nothing in it is called
 * store. Undefined where it is not plain which line that is, as in JSON.
 */
function storeLine(text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.replace(/(^|\s)#.*$/, ""));
  const own = lines.filter((line) => /^store:\s+\S/.test(line));
  const isPlain = own.length === 1 || !lines.some((line) => /\bstore\b/.test(line));
  return isPlain ? lines.map((line) => (own.includes(line) ? line : "")).join("\n") : undefined;
}
