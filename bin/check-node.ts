// Ends a program of fairlead at once where Node is too old for it. A program imports this file first.
import { nodeProblem } from "./node-version.ts";

if (nodeProblem !== undefined) {
  process.stderr.write(`${nodeProblem}\n`);
  process.exit(6); // `unsupported`: src/core/errors.ts
}
