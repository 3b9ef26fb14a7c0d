import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

async function check(cwd: string): Promise<{ code: number; stderr: string }> {
  return await promisify(execFile)(process.execPath, [resolve("scripts/generate.ts"), "--check"], { cwd }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

test("the generated sources are the output of npm run generate", async () => {
  expect(await check(".")).toEqual({ code: 0, stderr: "" });
});

test("a stale generated source is named, with the command that renews it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-stale-"));
  const checked = await check(folder);
  await rm(folder, { recursive: true });
  expect(checked).toEqual({
    code: 1,
    stderr:
      "generate: stale: src/package.json, src/package-lock.json, src/pipelines/table.gen.ts, src/cmd/variables.gen.ts, src/src/index.ts, src/src/results.gen.ts\nhint: run npm run generate\n",
  });
});
