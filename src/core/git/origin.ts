import { readConfigText } from "./config-text.ts";
import { parseRepository, type Repository } from "./repository.ts";

/** Returns the repository that the text of a clone's configuration names as its origin; undefined when it names none. */
export function readOrigin(config: string): Repository | undefined {
  const url = readConfigText(config).find(({ name, values }) => name === "remote.origin" && values.url !== undefined)?.values.url ?? "";
  try {
    // a token that a job's clone has in the URL is no part of the repository
    return parseRepository(url.replace(/^(https?:\/\/)[^/@]*@/, "$1"));
  } catch {
    return undefined;
  }
}
