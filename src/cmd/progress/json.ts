import type { Json } from "../../core/json.ts";
import type { Io } from "../io.ts";
import { printerTo } from "../print.ts";
import type { Reporter } from "./reporter.ts";

/**
 * Returns a reporter that prints one JSON document on a line for each event of a run, with the milliseconds since the command began. The engine's log
 * has many lines: they are there with `verbose`.
 */
export function jsonReporter({ stderr, now, env }: Pick<Io, "stderr" | "now" | "env">, verbose: boolean): Reporter {
  const printer = printerTo(stderr, env);
  const began = now();
  const print = (entry: { readonly type: string }): void =>
    printer.jsonLine({ ...(entry as unknown as Readonly<Record<string, Json>>), milliseconds: Math.round(now() - began) });
  return {
    report: (entry) => void ((verbose || entry.type !== "log") && print(entry)),
    notice: (message) => print({ type: "notice", message } as { readonly type: string }),
    end: () => undefined,
  };
}
