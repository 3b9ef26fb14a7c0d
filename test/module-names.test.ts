import { globSync } from "node:fs";
import { expect, test } from "vitest";
import type { z } from "zod";
import { moduleNames } from "../scripts/module-names.ts";
import { functionName } from "../scripts/generate/names.ts";
import { kebabCase } from "../src/core/text/kebab.ts";
import { spelled } from "../src/cmd/flag.ts";
import { fieldsOf } from "../src/core/run/fields.ts";
import { fieldMeta } from "../src/core/run/input.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { argumentsIn, scan } from "./scan.ts";

test("each flag of a pipeline has the same name in the Dagger module, or a row in the table of names that differ", async () => {
  const { objects } = await scan(globSync("src/src/*.ts"));
  const rows = moduleNames(pipelines);
  for (const { name, input } of pipelines) {
    const { description: _, cache: __, ...read } = objects.Fairlead!.methods[functionName(name)]!;
    const there = argumentsIn(read).map((argument) => `--${kebabCase(argument.name)}`);
    const told = rows.filter((row) => row.pipelines.includes(name));
    const renamed = told.flatMap(({ argument }) => argument.split(" ").map((each) => each.replace(/=.*/, "")));
    const same = fieldsOf(input)
      .filter(({ name: field }) => fieldMeta((input.shape as Readonly<Record<string, z.ZodType>>)[field]!).configured !== true) // the module reads no configuration
      .map(spelled)
      .filter((flag) => !told.some((row) => row.flag.split(" ")[0] === flag));
    expect([...new Set([...same, ...renamed, "--dry-run"])].sort(), name).toEqual(there.sort());
  }
});

test("the table of names that differ has what is typed at both", () => {
  const rows = moduleNames(pipelines).map(({ flag, argument }) => `${flag}  ${argument}`);
  expect(rows).toEqual(
    expect.arrayContaining([
      "REPOSITORY  --repository=REPOSITORY",
      "--tag NAME  --tags=NAME",
      "--secret NAME=SECRET  --secret-names=NAME --secrets=SECRET",
      "--no-pull-login  --pull-login=false",
    ]),
  );
});
