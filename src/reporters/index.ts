import type { Reporter } from "../core/reporter.ts";
import { check } from "./check.ts";
import { comment } from "./comment.ts";
import { deployment } from "./deployment.ts";
import { status } from "./status.ts";
import { summary } from "./summary.ts";

/** All reporters, by name. */
export const reporters: readonly Reporter[] = [check, comment, deployment, status, summary];
