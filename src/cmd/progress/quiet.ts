import type { Io } from "../io.ts";
import { printerTo } from "../print.ts";
import { createReporter, type Reporter } from "./reporter.ts";

/** Returns a reporter that shows warnings alone. */
export function quietReporter({ stderr, now, env }: Pick<Io, "stderr" | "now" | "env">): Reporter {
  const printer = printerTo(stderr, env);
  const nothing = (): void => undefined;
  return createReporter(now, {
    started: nothing,
    ended: nothing,
    warning: (message) => printer.lines([`warning: ${message}`]),
    log: nothing,
    notice: nothing,
    close: () => undefined,
  });
}
