import { join } from "node:path";
import type { Bench, Contender } from "./bench.ts";
import { plainEnvironment, runCommand } from "./measure.ts";

/** The folder of this version. */
const root = join(import.meta.dirname, "..");

export const cliStart: Bench = {
  name: "cli-start",
  question: "How long does a person wait for help, or to be told of a mistyped flag, beside a Node that does nothing?",
  notes: [
    "`node -e 0` is the floor: it loads no file and prints nothing.",
    "All run the same Node binary without npm's or a shell's launcher, so nothing but Node and the program is measured.",
    "The round that warms up also fills Node's compile cache, as the first start on a machine does.",
  ],
  open: (before) =>
    Promise.resolve({
      contenders: [
        node("node -e 0", ["-e", "0"]),
        ...starts("fairlead", root),
        ...(before === undefined ? [] : starts("fairlead before", before)),
      ],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

/** The published program of a version, as `npm run build` makes it. */
function starts(name: string, folder: string): readonly Contender[] {
  const program = join(folder, "dist/fairlead.js");
  return [
    { ...node(`${name} --help`, [program, "--help"]), goal: 2 },
    { ...node(`${name} build --nope`, [program, "build", "--nope"], 2), goal: 2 },
  ];
}

function node(name: string, args: readonly string[], code = 0): Contender {
  return { name, run: () => runCommand({ program: process.execPath, args, env: plainEnvironment(), code }) };
}
