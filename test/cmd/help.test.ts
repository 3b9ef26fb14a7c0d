import { expect, test } from "vitest";
import type { Command } from "../../src/cmd/command.ts";
import { main } from "../../src/cmd/main.ts";
import { testIo } from "./io.ts";

const bake: Command = {
  name: "bake",
  group: "Pipelines",
  summary: "Bake bread from flour",
  examples: ["bake rye --oven hot"],
  load: () =>
    Promise.resolve({
      flags: [
        { name: "flour", kind: "string", sentence: "flour of the bread", required: true, positional: 0 },
        { name: "shapes", kind: "list", sentence: "shape of the bread", required: false, positional: 1 },
        { name: "dough", kind: "directory", sentence: "use this dough in place of flour", insteadOf: "flour", required: false },
        { name: "oven", kind: "enum", sentence: "bake at this heat", required: true, choices: ["hot", "cold"] },
        {
          name: "seeds",
          kind: "list",
          sentence: "put this seed on the bread, which is a sentence that is too long for one line of a terminal",
          placeholder: "NAME[:COUNT]",
          byDefault: "none at all",
          required: false,
        },
        { name: "minutes", kind: "int", sentence: "bake this long", placeholder: "MINUTES", required: false, default: 40 },
        { name: "turn", kind: "boolean", sentence: "do not turn it", required: false, default: true },
        { name: "cellarKey", kind: "secret", sentence: "open the cellar with this key", required: false },
      ],
      run: () => Promise.resolve({ json: null, text: [] }),
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
      -h, --help     Show this help, or a command's
      -v, --version  Print the version

    Run fairlead COMMAND --help for its arguments and flags.
    "
  `);
  expect(await printed("--help")).toBe(await printed());
  expect(await printed("help")).toBe(await printed());
});

test("a command's help shows its arguments and flags, in 80 columns", async () => {
  expect(await printed("bake", "--help")).toMatchInlineSnapshot(`
    "Bake bread from flour

    Usage: fairlead bake (FLOUR | --dough DIR) [SHAPE...] --oven hot|cold [flags]

    Examples:
      fairlead bake rye --oven hot

    Arguments:
      FLOUR  Flour of the bread (required)
      SHAPE  Shape of the bread (may be repeated)

    Flags:
      --oven hot|cold                 Bake at this heat (required)
      --dough DIR                     Use this dough in place of flour
      --seed NAME[:COUNT]             Put this seed on the bread, which is a
                                      sentence that is too long for one line of a
                                      terminal (may be repeated; default: none at
                                      all)
      --minutes MINUTES               Bake this long (default: 40)
      --no-turn                       Do not turn it
      --cellar-key SECRET             Open the cellar with this key
      --json                          Print one JSON document; for an error,
                                      {"error":{code,message,hint,problems}}
      --output table|json             Print the result in this form; json is --json
                                      (default: table)
      --metadata-file FILE            Write what --json prints to this file too; a
                                      run that fails leaves none
      --progress auto|tty|plain|json  Show progress on stderr in this form (default:
                                      auto: live at a terminal, else a line for each
                                      event)
      --quiet                         Show no progress: only the result, warnings
                                      and errors
      --verbose                       Show the engine's log, and the stack of a bug
      --help                          Show this help

    A SECRET is a reference, not the secret: env:VARIABLE, file:PATH or cmd:COMMAND.

    Environment:
      NO_COLOR  Print no colors

    Exit codes:
      0 done, or nothing to do; 1 the build or the workflow failed; 2 wrong input; 3
      a credential is missing, refused or too weak; 4 not found; 5 conflict; 6 not
      supported; 70 a bug in fairlead; 75 unavailable: try again later; 130 stopped.

    More: https://github.com/acme/fairlead/blob/main/docs/commands.md
    "
  `);
  expect(await printed("help", "bake")).toBe(await printed("bake", "--help"));
});

test("--help wins over other mistakes on the command line", async () => {
  expect(await printed("bake", "--nope", "-h")).toBe(await printed("help", "bake"));
});

test("help is as wide as the terminal, from 40 columns, in which a sentence stands below its flag", async () => {
  const captured = testIo({ env: { COLUMNS: "40" } });
  await main(["bake", "--help"], captured.io, [bake]);
  expect(captured.stdout()).toMatchInlineSnapshot(`
    "Bake bread from flour

    Usage: fairlead bake
           (FLOUR | --dough DIR) [SHAPE...]
           --oven hot|cold [flags]

    Examples:
      fairlead bake rye --oven hot

    Arguments:
      FLOUR
          Flour of the bread (required)
      SHAPE
          Shape of the bread (may be
          repeated)

    Flags:
      --oven hot|cold
          Bake at this heat (required)
      --dough DIR
          Use this dough in place of flour
      --seed NAME[:COUNT]
          Put this seed on the bread, which
          is a sentence that is too long for
          one line of a terminal (may be
          repeated; default: none at all)
      --minutes MINUTES
          Bake this long (default: 40)
      --no-turn
          Do not turn it
      --cellar-key SECRET
          Open the cellar with this key
      --json
          Print one JSON document; for an
          error,
          {"error":{code,message,hint,problems}}
      --output table|json
          Print the result in this form;
          json is --json (default: table)
      --metadata-file FILE
          Write what --json prints to this
          file too; a run that fails leaves
          none
      --progress auto|tty|plain|json
          Show progress on stderr in this
          form (default: auto: live at a
          terminal, else a line for each
          event)
      --quiet
          Show no progress: only the result,
          warnings and errors
      --verbose
          Show the engine's log, and the
          stack of a bug
      --help
          Show this help

    A SECRET is a reference, not the secret:
    env:VARIABLE, file:PATH or cmd:COMMAND.

    Environment:
      NO_COLOR
          Print no colors

    Exit codes:
      0 done, or nothing to do; 1 the build
      or the workflow failed; 2 wrong input;
      3 a credential is missing, refused or
      too weak; 4 not found; 5 conflict; 6
      not supported; 70 a bug in fairlead;
      75 unavailable: try again later; 130
      stopped.

    More: https://github.com/acme/fairlead/blob/main/docs/commands.md
    "
  `);
});

test("help is at most 120 columns wide: longer lines are hard to read", async () => {
  const captured = testIo({ env: { COLUMNS: "200" } });
  await main(["bake", "--help"], captured.io, [bake]);
  const lines = captured.stdout().split("\n");
  expect(lines.filter(({ length }) => length > 120)).toEqual([]);
  expect(lines.filter(({ length }) => length > 100)).not.toEqual([]);
});
