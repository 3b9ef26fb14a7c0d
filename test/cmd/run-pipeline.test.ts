import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { main } from "../../src/cmd/main.ts";
import { pipelineCommand } from "../../src/cmd/pipeline-command.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { image, keyValues, secret } from "../../src/core/run/input.ts";
import { formatImage } from "../../src/core/image/image.ts";
import { definePipeline } from "../../src/core/run/pipeline.ts";
import type { Plan, Step } from "../../src/core/run/step.ts";
import { testIo } from "./io.ts";

type Shelved = { readonly shelf: string; readonly loaves: number | null };
let shelf: string[] = [];

/** An effect that a test can see: loaves on a shelf. */
const shelve: Step<string, Shelved> = {
  name: "shelve",
  needs: [],
  key: (bread) => bread,
  plan(_ctx, bread): Promise<Plan<Shelved>> {
    const existing = shelf.includes(bread);
    return Promise.resolve({
      changes: existing ? [] : [{ target: `shelf ${bread}`, action: "create", to: "1 loaf" }],
      warnings: [],
      ...(existing ? {} : { diff: "--- a/shelf\n+++ b/shelf\n@@ -0,0 +1 @@\n+rye\n" }),
      expected: { shelf: bread, loaves: existing ? shelf.length : null },
      apply: () => Promise.resolve({ shelf: bread, loaves: shelf.push(bread) }),
    });
  },
};

const bake = definePipeline({
  name: "bake",
  summary: "Bake bread",
  examples: ["bake --image rye"],
  runs: "nothing",
  input: z.object({
    image: image().describe("what it is called"),
    labels: keyValues().prefault([]).describe("label"),
    ovenKey: secret(() => undefined)
      .optional()
      .describe("what opens the oven"),
  }),
  output: z.object({
    shelf: z.string().meta({ output: "shelf" }),
    loaves: z.int().nullable().meta({ output: "loaves" }),
    labels: z.record(z.string(), z.string()),
    at: z.object({ place: z.string().meta({ output: "place" }), floor: z.int().nullable().meta({ output: "floor" }) }),
  }),
  steps: [shelve],
  async run(ctx, { image, labels, ovenKey }) {
    const key = await ovenKey?.reveal();
    if (key !== undefined) ctx.report({ type: "warning", message: `the key is ${key}` });
    const { result } = await ctx.run(shelve, formatImage(image));
    return { ...result, labels, at: { place: "bakery", floor: null } };
  },
});
const command = pipelineCommand({ ...bake, fields: fieldsOf(bake.input), load: () => Promise.resolve(bake) });

async function call(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const here = testIo();
  const code = await main(["bake", ...argv], here.io, [command]);
  return { code, stdout: here.stdout(), stderr: here.stderr() };
}

test("a dry run prints the plan with its diff and changes nothing", async () => {
  shelf = [];
  expect((await call("--image", "rye", "--dry-run")).stdout).toMatchInlineSnapshot(`
    "shelve docker.io/library/rye
      + create shelf docker.io/library/rye: 1 loaf
        --- a/shelf
        +++ b/shelf
        @@ -0,0 +1 @@
        +rye
    plan: 1 to create; nothing was changed
    "
  `);
  expect(shelf).toEqual([]);
});

test("a dry run with --json is one document: the plan and the expected result", async () => {
  shelf = [];
  expect(JSON.parse((await call("--image", "rye", "--dry-run", "--json")).stdout)).toMatchInlineSnapshot(`
    {
      "plan": [
        {
          "changes": [
            {
              "action": "create",
              "target": "shelf docker.io/library/rye",
              "to": "1 loaf",
            },
          ],
          "diff": "--- a/shelf
    +++ b/shelf
    @@ -0,0 +1 @@
    +rye
    ",
          "key": "docker.io/library/rye",
          "step": "shelve",
        },
      ],
      "result": {
        "at": {
          "floor": null,
          "place": "bakery",
        },
        "labels": {},
        "loaves": null,
        "shelf": "docker.io/library/rye",
      },
    }
  `);
});

test("a run prints its result, and a second run says that nothing is to do", async () => {
  shelf = [];
  expect(await call("--image", "rye", "--label", "a=b")).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "shelve docker.io/library/rye: started
    shelve docker.io/library/rye: done (0.0 s)
    ",
      "stdout": "shelf     docker.io/library/rye
    loaves    1
    labels.a  b
    at.place  bakery
    ",
    }
  `);
  expect(await call("--image", "rye")).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "shelve docker.io/library/rye: started
    shelve docker.io/library/rye: unchanged (0.0 s)
    nothing to do: everything is as it should be already
    ",
      "stdout": "shelf     docker.io/library/rye
    loaves    1
    at.place  bakery
    ",
    }
  `);
  expect((await call("--image", "rye", "--dry-run")).stdout).toMatchInlineSnapshot(`
    "shelve docker.io/library/rye: unchanged
    plan: nothing to do
    "
  `);
});

/** Runs it in a GitHub Actions job, and returns the outputs. */
async function outputs(...argv: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-outputs-"));
  const file = join(folder, "output");
  try {
    expect(await main(["bake", ...argv], testIo({ env: { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: file } }).io, [command])).toBe(0);
    const found = [...(await readFile(file, "utf8")).matchAll(/^(.+)<<(fairlead_.+)\n([^]*?)\n\2\n/gm)];
    return Object.fromEntries(found.map(([, name, , value]) => [name!, value!]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a GitHub Actions job gets the schema's outputs, also nested ones, and the whole result", async () => {
  shelf = [];
  expect(await outputs("--image", "rye")).toEqual({
    shelf: "docker.io/library/rye",
    loaves: "1",
    place: "bakery",
    floor: "",
    result: '{"shelf":"docker.io/library/rye","loaves":1,"labels":{},"at":{"place":"bakery","floor":null}}',
    "dry-run-plan": "",
  });
});

test("a dry run in a GitHub Actions job has its plan as an output", async () => {
  shelf = [];
  const { "dry-run-plan": plan, result, ...others } = await outputs("--image", "rye", "--dry-run");
  expect(others).toEqual({ shelf: "docker.io/library/rye", loaves: "", place: "bakery", floor: "" });
  expect(plan).toMatch(
    /^shelve docker.io\/library\/rye\n {2}\+ create shelf docker.io\/library\/rye: 1 loaf\n[^]*plan: 1 to create; nothing was changed$/,
  );
  expect(JSON.parse(result!)).toMatchObject({ plan: [{ step: "shelve" }], result: { loaves: null } });
});

test("an error of the schema names flags as they were typed", async () => {
  expect(await call("--image", "Rye", "--label", "a")).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "fairlead: bake: --image: read image reference "Rye": repository "library/Rye" has capital letters
    fairlead: bake: --label: "a" is not KEY=VALUE
    hint: write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3; write a name, an equals sign and a value
    ",
      "stdout": "",
    }
  `);
});

test("a secret is read from its reference, and not shown", async () => {
  shelf = [];
  process.env.FAIRLEAD_TEST_KEY = "open-sesame";
  const { code, stderr } = await call("--image", "rye", "--oven-key", "env:FAIRLEAD_TEST_KEY");
  delete process.env.FAIRLEAD_TEST_KEY;
  expect({ code, warning: stderr.split("\n")[0] }).toEqual({ code: 0, warning: "warning: the key is ***" });
  expect(await call("--image", "rye", "--oven-key", "env:FAIRLEAD_TEST_NONE")).toMatchObject({ code: 2, stdout: "" });
});
