import { expect, test } from "vitest";
import type { Command } from "../../src/cmd/command.ts";
import { main } from "../../src/cmd/main.ts";
import { testIo } from "./io.ts";

const bake: Command = {
  name: "bake",
  group: "Pipelines",
  summary: "Bake bread from flour",
  example: "bake rye --oven hot",
  load: () =>
    Promise.resolve({
      flags: [
        { name: "flour", kind: "string", sentence: "what to bake it from", required: true, positional: 0 },
        { name: "shapes", kind: "list", sentence: "what to make of it", required: false, positional: 1 },
        { name: "oven", kind: "enum", sentence: "how hot it is", required: true, choices: ["hot", "cold"] },
        {
          name: "seeds",
          kind: "list",
          sentence: "what to put on it, which is a sentence that is too long for one line of a terminal",
          required: false,
        },
        { name: "minutes", kind: "int", sentence: "time in the oven", required: false, default: 40 },
        { name: "turn", kind: "boolean", sentence: "do not turn it", required: false, default: true },
        { name: "cellarKey", kind: "secret", sentence: "what opens the cellar", required: false },
      ],
      run: () => Promise.resolve({ json: null, text: "" }),
    }),
};

const wash: Command = { ...bake, name: "wash-up", group: "This machine", summary: "Wash up" };

async function printed(...argv: readonly string[]): Promise<string> {
  const test = testIo();
  expect(await main(argv, test.io, [bake, wash])).toBe(0);
  expect(test.stderr()).toBe("");
  return test.stdout();
}

test("fairlead alone shows its commands in groups, without the empty ones", async () => {
  expect(await printed()).toMatchInlineSnapshot(`
    "Build, push and deploy a commit by pull request, and notify your team

    Usage: fairlead COMMAND [arguments] [flags]

    Pipelines:
      bake     Bake bread from flour

    This machine:
      wash-up  Wash up

    Flags:
      --help     Show this help, or a command's
      --version  Print the version

    Run fairlead COMMAND --help for its arguments and flags.
    "
  `);
  expect(await printed("--help")).toBe(await printed());
  expect(await printed("help")).toBe(await printed());
});

test("a command's help shows its arguments and flags, in 80 columns", async () => {
  expect(await printed("bake", "--help")).toMatchInlineSnapshot(`
    "Bake bread from flour

    Usage: fairlead bake FLOUR [SHAPE...] [flags]

    Arguments:
      FLOUR  What to bake it from (required)
      SHAPE  What to make of it (may be repeated)

    Flags:
      --oven hot|cold      How hot it is (required)
      --seed SEED          What to put on it, which is a sentence that is too long
                           for one line of a terminal (may be repeated)
      --minutes N          Time in the oven (default: 40)
      --no-turn            Do not turn it
      --cellar-key SECRET  What opens the cellar
      --json               Print one JSON document; for an error,
                           {"error":{code,message,hint}}
      --verbose            Show the engine's log, and the stack of a bug
      --help               Show this help

    A SECRET is a reference, not the secret: env:VARIABLE, file:PATH or cmd:COMMAND.

    Example:
      fairlead bake rye --oven hot
    "
  `);
  expect(await printed("help", "bake")).toBe(await printed("bake", "--help"));
});

test("--help wins over other mistakes on the command line", async () => {
  expect(await printed("bake", "--nope", "-h")).toBe(await printed("help", "bake"));
});
