import { expect, test } from "vitest";
import { z } from "zod";
import type { Credential } from "../../../src/core/credential.ts";
import { FairleadError, Stale } from "../../../src/core/errors.ts";
import { folderInside, image, keyValues, repository, secret } from "../../../src/core/run/input.ts";
import { memoryJournal } from "../../../src/core/run/journal.ts";
import { anyJson } from "../../../src/core/run/output.ts";
import { definePipeline, runPipeline } from "../../../src/core/run/pipeline.ts";
import { formatRepository, type Repository } from "../../../src/core/git/repository.ts";
import { createRedactor } from "../../../src/core/secret.ts";
import { unchanged, type Step } from "../../../src/core/run/step.ts";
import { credentialsOf } from "../../adapter-options.ts";
import { noPorts, quietRun } from "./run.ts";

interface World {
  value: number;
  plans: number;
  readonly set: Step<number, { value: number }>;
}

/** A world of one number, and the step that sets it. */
function world(start: number): World {
  const here: World = {
    value: start,
    plans: 0,
    set: {
      name: "set",
      needs: [],
      key: String,
      plan: (_ctx, to: number) => {
        here.plans++;
        const from = here.value;
        if (from === to) return Promise.resolve(unchanged({ value: to }));
        return Promise.resolve({
          changes: [{ target: "world", action: "update", from: String(from), to: String(to) }],
          warnings: [],
          expected: { value: to },
          apply: () => {
            if (here.value !== from) return Promise.reject(new Stale("the world was moved"));
            here.value = to;
            return Promise.resolve({ value: to });
          },
        });
      },
    },
  };
  return here;
}

function setting(step: Step<number, { value: number }>, ...values: number[]) {
  return definePipeline({
    name: "set-all",
    summary: "Set values",
    examples: [""],
    runs: "nothing",
    input: z.object({}),
    output: anyJson(),
    steps: [step],
    async run(ctx) {
      const outcomes = [];
      for (const value of values) outcomes.push(await ctx.run(step, value));
      return outcomes;
    },
  });
}

test("a step is planned, applied and reported; a second run finds nothing to do", async () => {
  const here = world(1);
  const run = quietRun();
  expect(await runPipeline(setting(here.set, 2), run, {})).toEqual([{ result: { value: 2 }, changed: true }]);
  expect(await runPipeline(setting(here.set, 2), quietRun(), {})).toEqual([{ result: { value: 2 }, changed: false }]);
  expect(run.reported.map(({ type }) => type)).toEqual(["run-started", "step-started", "step-planned", "step-finished"]);
});

test("a step back to an earlier state is a new effect, not a recorded one", async () => {
  const here = world(1);
  await runPipeline(setting(here.set, 2), quietRun({ id: "a" }), {});
  await runPipeline(setting(here.set, 1), quietRun({ id: "b" }), {});
  await runPipeline(setting(here.set, 2), quietRun({ id: "c" }), {});
  expect(here.value).toBe(2);
});

test("a run that lost its process resumes at its first unrecorded step", async () => {
  const here = world(1);
  const journal = memoryJournal();
  const dying = definePipeline({
    ...setting(here.set, 2),
    run: (ctx) => ctx.run(here.set, 2).then(() => Promise.reject(new Error("power cut"))),
  });
  await expect(runPipeline(dying, quietRun({ journal }), {})).rejects.toThrow("power cut");
  expect(await runPipeline(setting(here.set, 2, 3), quietRun({ journal }), {})).toEqual([
    { result: { value: 2 }, changed: true },
    { result: { value: 3 }, changed: true },
  ]);
  expect(here.plans).toBe(2);
});

test("a step whose run belongs to another process by now plans, but does not act", async () => {
  const here = world(1);
  const journal = { ...memoryJournal(), begin: () => Promise.reject(new FairleadError("conflict", "it was taken")) };
  await expect(runPipeline(setting(here.set, 2), quietRun({ journal }), {})).rejects.toThrow("it was taken");
  expect(here).toMatchObject({ plans: 1, value: 1 });
});

test("a dry run changes nothing, returns what is expected, and does not touch the journal", async () => {
  const here = world(1);
  const journal = memoryJournal();
  const run = quietRun({ journal, dryRun: true });
  expect(await runPipeline(setting(here.set, 2), run, {})).toEqual([{ result: { value: 2 }, changed: true }]);
  expect({ value: here.value, recorded: await journal.read("run-1", "set", "2") }).toEqual({ value: 1, recorded: undefined });
});

test("a world that changes between plan and apply is planned again", async () => {
  const here = world(1);
  let moves = 3;
  const plan = here.set.plan.bind(here.set);
  const disturbed: typeof here.set = {
    ...here.set,
    plan: async (ctx, to) => {
      const planned = await plan(ctx, to);
      if (moves-- > 0) here.value += 10;
      return planned;
    },
  };
  expect(await runPipeline(setting(disturbed, 2), quietRun(), {})).toEqual([{ result: { value: 2 }, changed: true }]);
  expect(here.plans).toBe(4);
});

test("a world that keeps changing is a conflict after ten plans", async () => {
  const here = world(1);
  const disturbed: typeof here.set = {
    ...here.set,
    plan: async (ctx, to) => {
      const planned = await here.set.plan(ctx, to);
      here.value++;
      return planned;
    },
  };
  await expect(runPipeline(setting(disturbed, 99), quietRun(), {})).rejects.toEqual(
    expect.objectContaining({
      code: "conflict",
      message: "set: the world was moved, 10 times",
      hint: "run it again when fewer others change it",
    }),
  );
  expect(here.plans).toBe(10);
});

test("a step that the pipeline does not list is refused", async () => {
  const here = world(1);
  await expect(runPipeline({ ...setting(here.set, 2), steps: [] }, quietRun(), {})).rejects.toThrow(
    "run step set: the pipeline does not list it",
  );
});

test("a stopped run begins no step, and later errors are reported as stopped", async () => {
  const here = world(1);
  const stop = new AbortController();
  stop.abort(new Error("Ctrl-C"));
  await expect(runPipeline(setting(here.set, 2), quietRun({ signal: stop.signal }), {})).rejects.toEqual(
    expect.objectContaining({ code: "canceled", message: "set: stopped" }),
  );
  expect(here).toMatchObject({ value: 1, plans: 0 });
});

test("an effect in progress when the run is stopped ends and is recorded", async () => {
  const stop = new AbortController();
  const journal = memoryJournal();
  const slow: Step<number, { value: number }> = {
    name: "slow",
    needs: [],
    key: String,
    plan: (_ctx, value) =>
      Promise.resolve({
        changes: [{ target: "world", action: "run" }],
        warnings: [],
        expected: { value },
        async apply(signal) {
          stop.abort();
          await new Promise((resolve) => setImmediate(resolve));
          return { value: signal.aborted ? -1 : value };
        },
      }),
  };
  await runPipeline(setting(slow, 7), quietRun({ signal: stop.signal, journal }), {});
  expect(await journal.read("run-1", "slow", "7")).toEqual({ result: { value: 7 }, changed: true });
});

test("a result that holds a known secret is an internal error", async () => {
  const redactor = createRedactor();
  redactor.add("hunter2hunter2");
  const leaking: Step<number, { value: string }> = {
    name: "leak",
    needs: [],
    key: String,
    plan: () => Promise.resolve(unchanged({ value: "token=hunter2hunter2" })),
  };
  const pipeline = definePipeline({ ...setting(world(1).set), steps: [leaking], run: async (ctx) => [await ctx.run(leaking, 1)] });
  await expect(runPipeline(pipeline, quietRun({ redactor }), {})).rejects.toEqual(
    expect.objectContaining({ code: "internal", message: "leak: its result holds a secret" }),
  );
});

test("ctx.all waits for every step, and throws the first error with the others as its cause", async () => {
  const ended: number[] = [];
  const failing: Step<number, null> = {
    name: "fail",
    needs: [],
    key: String,
    plan: async (_ctx, value) => {
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(value);
      if (value > 0) throw new FairleadError("unavailable", `fail ${value}: down`);
      return unchanged(null);
    },
  };
  const pipeline = definePipeline({
    ...setting(world(1).set),
    steps: [failing],
    run: async (ctx) => {
      await ctx.all([ctx.run(failing, 1), ctx.run(failing, 2), ctx.run(failing, 0)]);
      return null;
    },
  });
  const error = await runPipeline(pipeline, quietRun(), {}).catch((failure: unknown) => failure as FairleadError);
  expect(error).toMatchObject({ message: "fail 1: down", cause: { errors: [{ message: "fail 2: down" }] } });
  expect(ended).toEqual([1, 2, 0]);
});

test("all problems of an input are listed at once", async () => {
  const pipeline = definePipeline({
    name: "check",
    summary: "Check",
    examples: [""],
    runs: "nothing",
    input: z.object({ image: image(), repository: repository(), count: z.int().default(1), buildArgs: keyValues().default({}) }),
    output: anyJson(),
    steps: [],
    run: () => Promise.resolve(null),
  });
  await expect(
    runPipeline(pipeline, quietRun(), { image: "ghcr.io/A", count: 1.5, buildArgs: ["A=1", "A=2", "B"], imge: "x" }),
  ).rejects.toEqual(
    expect.objectContaining({
      code: "input",
      fields: [
        { field: "image", message: 'read image reference "ghcr.io/A": repository "A" has capital letters' },
        { field: "repository", message: "it is missing" },
        { field: "count", message: "Invalid input: expected int, received number" },
        { field: "buildArgs", message: '"A" is given twice' },
        { field: "buildArgs", message: '"B" is not KEY=VALUE' },
        { field: "imge", message: "no such input" },
      ],
    }),
  );
});

test.each([
  ["", ""],
  [".", ""],
  ["./services//api/", "services/api"],
  [".github/docker", ".github/docker"],
  ["/apps", "apps"],
  ["apps//web/../web", "apps/web"],
])("the folder %j of a repository is %j", (given, folder) => {
  expect(folderInside().parse(given)).toBe(folder);
});

test("a folder that leads out of its repository is refused", () => {
  expect(folderInside().safeParse("apps/../../etc").error?.issues).toMatchObject([
    { message: '"apps/../../etc" leads out of the repository' },
  ]);
});

test("a secret of the input opens only what its field is for", async () => {
  let given: readonly Credential[] = [];
  const token = { name: "token", reveal: () => Promise.resolve("value") };
  const pipeline = definePipeline({
    name: "check",
    summary: "Check",
    examples: [""],
    runs: "nothing",
    input: z.object({
      repository: repository(),
      token: secret((input) => ({ for: formatRepository(input.repository as Repository), kind: "token" })).optional(),
    }),
    output: anyJson(),
    steps: [],
    run: () => Promise.resolve(null),
  });
  const ports = (credentials: readonly Credential[]) => {
    given = credentials;
    return noPorts;
  };
  await runPipeline(pipeline, quietRun({ ports }), { repository: "https://github.com/acme/app", token });
  expect(given).toEqual([{ for: "github.com/acme/app", kind: "token", secret: token }]);
  const tokenFor = (resource: string) => credentialsOf(given).token({ resource, permissions: [], signal: new AbortController().signal });
  const found = await tokenFor("github.com/acme/app");
  expect({ by: found?.by, value: await found?.value.reveal() }).toEqual({ by: "flag", value: await token.reveal() });
  expect(await tokenFor("github.com/acme/application")).toBeUndefined();
  expect(await tokenFor("github.com")).toBeUndefined();
});

test("plain HTTP is refused for a repository, except on this machine and on allowed hosts", async () => {
  const pipeline = definePipeline({
    name: "read",
    summary: "Read a repository",
    examples: [""],
    runs: "nothing",
    input: z.object({ repository: repository() }),
    output: anyJson(),
    steps: [],
    run: (_ctx, input) => Promise.resolve(formatRepository(input.repository)),
  });
  const read = (url: string): Promise<unknown> =>
    runPipeline(pipeline, quietRun({ servers: { settings: {}, plainHttp: ["git.example.com:8080"] } }), { repository: url });
  expect(await read("http://127.0.0.1:3000/acme/app")).toBe("127.0.0.1:3000/acme/app");
  expect(await read("http://git.example.com:8080/acme/app")).toBe("git.example.com:8080/acme/app");
  await expect(read("http://git.example.com/acme/app")).rejects.toEqual(
    new FairleadError("input", "read: repository: plain HTTP to git.example.com is not allowed", {
      fields: [{ field: "repository", message: "plain HTTP to git.example.com is not allowed" }],
      hint: "use https, or allow it with --plain-http git.example.com or servers.plainHttp",
    }),
  );
});

test("tsc refuses a pipeline whose result has less than its output, or more", () => {
  const output = z.object({ image: z.string(), of: z.object({ parts: z.array(z.object({ name: z.string().nullable() })) }).nullable() });
  const common = { name: "part", summary: "", examples: [""], runs: "nothing", input: z.object({}), output, steps: [] } as const;
  const result: { readonly image: string; readonly of: { readonly parts: readonly { readonly name: string }[] } | null } = {
    image: "a",
    of: null,
  };
  const more: { readonly of: { readonly parts: readonly { readonly name: string; readonly size: number }[] } | null } = { of: null };
  const defined = [
    definePipeline({ ...common, run: () => Promise.resolve(result) }),
    definePipeline({ ...common, run: () => Promise.resolve({ image: "a", of: null }) }),
    // @ts-expect-error `of` is missing
    definePipeline({ ...common, run: () => Promise.resolve({ image: "a" }) }),
    // @ts-expect-error `tag` is more
    definePipeline({ ...common, run: () => Promise.resolve({ ...result, tag: "1" }) }),
    // @ts-expect-error `size` is more, deep within
    definePipeline({ ...common, run: () => Promise.resolve({ ...result, ...more }) }),
    // @ts-expect-error the image is no number
    definePipeline({ ...common, run: () => Promise.resolve({ ...result, image: 1 }) }),
  ];
  expect(defined).toHaveLength(6);
});
