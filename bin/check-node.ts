// Ends a program of fairlead at once where Node is too old for it. A program imports this file first.
import { writeSync } from "node:fs";
import { nodeProblem } from "./node-version.ts";

if (nodeProblem !== undefined) {
  // eslint-disable-next-line no-restricted-syntax -- the printer is code that this Node may not be able to parse
  writeSync(2, `${nodeProblem}\n`);
  process.exit(6); // `unsupported`: src/core/errors.ts
}
