import { join } from "node:path";
import type { Bench, Contender } from "./bench.ts";
import { plainEnvironment, runCommand } from "./measure.ts";

/** The published program, as `npm run build` makes it. */
const fairlead = join(import.meta.dirname, "../dist/fairlead.js");

export const cliStart: Bench = {
  name: "cli-start",
  question: "How long does a person wait for help, or to be told of a mistyped flag, beside a Node that does nothing?",
  notes: [
    "`node -e 0` is the floor: it loads no file and prints nothing.",
    "All run the same Node binary without npm's or a shell's launcher, so nothing but Node and the program is measured.",
    "The round that warms up also fills Node's compile cache, as the first start on a machine does.",
  ],
  open: () =>
    Promise.resolve({
      contenders: [
        node("node -e 0", ["-e", "0"]),
        { ...node("fairlead --help", [fairlead, "--help"]), goal: 2 },
        { ...node("fairlead build --nope", [fairlead, "build", "--nope"], 2), goal: 2 },
      ],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

function node(name: string, args: readonly string[], code = 0): Contender {
  return { name, run: () => runCommand({ program: process.execPath, args, env: plainEnvironment(), code }) };
}
