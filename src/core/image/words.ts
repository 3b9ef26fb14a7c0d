import { z } from "zod";

/** Returns a list of words in the form of JSON, as the exec form of an instruction has it; undefined if the text is none. */
export function readWords(text: string): string[] | undefined {
  try {
    return z.array(z.string()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
