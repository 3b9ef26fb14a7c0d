import type { Reporter } from "../core/reporter.ts";

/** All reporters, by name. */
export const reporters: readonly Reporter[] = [];
