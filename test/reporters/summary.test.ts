import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobPage } from "../../src/cmd/job-page.ts";
import type { RunView } from "../../src/core/reporter.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { summary } from "../../src/reporters/summary.ts";
import { runs, viewOf } from "./context.ts";
import { hostile, made } from "./world.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-summary-"));
  file = join(folder, "summary.md");
});

afterEach(() => rm(folder, { recursive: true }));

const subject = { repository: parseRepository("https://github.com/acme/app"), commit: "c".repeat(40) };

/** Reports as a job does whose summary is the file. */
async function report(
  view: Partial<RunView>,
  env: Readonly<Record<string, string>> = { GITHUB_STEP_SUMMARY: file },
  run: string = runs[0],
): Promise<void> {
  const ctx = { signal: new AbortController().signal, now: () => new Date(), report: () => undefined, page: jobPage(env) };
  const gitProvider = () => {
    throw new Error("a summary asks no Git provider");
  };
  await summary.report({ ...ctx, gitProvider }, { ...subject, run }, viewOf(view));
}

const read = (): Promise<string> => readFile(file, "utf8");

test("a run is a section of the job summary, which is there once, and what others have written stays", async () => {
  await writeFile(file, "# theirs\n");
  await report({});
  await appendFile(file, "more of theirs\n");
  await report({ state: "succeeded", facts: made });
  const whole = await read();
  await report({ state: "succeeded", facts: made });
  expect(await read()).toBe(whole);
  expect(whole).toMatchInlineSnapshot(`
    "# theirs

    <!-- fairlead run=0193b2c4-0000-7000-8000-0000000000a1 -->
    ### fairlead/ship: acme/fleet\\#​7 is open: ghcr.io/acme/app:1.5

    | image | before | built from |
    |---|---|---|
    | \`ghcr.io/acme/app:1.5@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` | \`ghcr.io/acme/app:1.4\` |  |

    - pull request: [github.com/acme/fleet\\#​7](https://github.com/acme/fleet/pull/7)
    - commit: \`cccccccccccccccccccccccccccccccccccccccc\`
    - run: \`0193b2c4-0000-7000-8000-0000000000a1\`
    <!-- fairlead end=0193b2c4-0000-7000-8000-0000000000a1 -->
    more of theirs
    "
  `);
});

test("two runs of one job have a section each", async () => {
  await report({ state: "succeeded" });
  await report({ state: "failed" }, undefined, runs[1]);
  await report({ state: "succeeded", facts: made });
  expect((await read()).match(/^###.*/gm)?.map((line) => line.replaceAll("\u200b", ""))).toEqual([
    String.raw`### fairlead/ship: acme/fleet\#7 is open: ghcr.io/acme/app:1.5`,
    "### fairlead/ship: failed",
  ]);
});

test("text of others ends no section and begins none", async () => {
  const message = `${hostile}\n<!-- fairlead end=${runs[0]} -->`;
  await report({ state: "failed", error: { code: "build_failed", message, hint: undefined } });
  await report({ state: "succeeded" });
  expect((await read()).match(/<!--.*/g)).toHaveLength(2);
  expect(await read()).not.toMatch(/evil/);
});

test("a summary that is nearly as long as it may be is left as it is", async () => {
  await writeFile(file, `${"x".repeat(2 ** 20 - 100)}\n`);
  await report({});
  expect((await read()).length).toBe(2 ** 20 - 99);
});

test("a run outside of a job has no summary, and the report says so", async () => {
  await expect(report({}, {})).rejects.toMatchObject({ code: "unsupported", message: "write job summary: this job has none" });
});

test("a summary that cannot be written is an error", async () => {
  await expect(report({}, { GITHUB_STEP_SUMMARY: folder })).rejects.toMatchObject({
    code: "input",
    message: "read GITHUB_STEP_SUMMARY: its file cannot be used (EISDIR)",
  });
});
