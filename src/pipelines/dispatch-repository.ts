import { z } from "zod";
import { formatRepository } from "../core/git/repository.ts";
import { keyValues, repository, type FieldMeta } from "../core/run/input.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { appFields, appRule } from "../core/run/app-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { dispatchRepository as dispatchStep } from "../steps/dispatch-repository.ts";
import { correlationName, correlationRule, dispatchToken, markOf, runOutput, waitOnlyRule, workflowFile } from "./dispatch-fields.ts";
import { followFields, followRun, followSteps } from "./follow-run.ts";

/** Limits of what one event may hold. https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event */
const mostKeys = 10;
const mostBytes = 65_535;

const fields = z.object({
  repository: repository().describe("repository whose workflows listen, such as github.com/acme/app").meta({ positional: 0 }),
  event: z
    .string()
    .min(1)
    .max(100)
    .describe("start the workflows that listen to repository_dispatch of this type")
    .meta({ placeholder: "TYPE" } satisfies FieldMeta),
  payload: keyValues()
    .default({})
    .describe("give the workflow this value, under this key of the event's client_payload")
    .meta({ placeholder: "KEY=VALUE", fromEvent: "text", leavesOutNull: true } satisfies FieldMeta),
  ...followFields,
  workflow: workflowFile()
    .optional()
    .describe("wait for the run of this workflow alone")
    .meta({ byDefault: "the one that listens", group: "Wait" } satisfies FieldMeta),
  correlationKey: correlationName("a key")
    .optional()
    .describe("find the run by a text that this key of the payload is given, and that the workflow's run-name shows")
    .meta({ byDefault: "the type of the event is its title", placeholder: "KEY", group: "Wait" } satisfies FieldMeta),
  ...dispatchToken,
  ...appFields(),
});

const sizeRule: Rule<Pick<z.output<typeof fields>, "payload" | "correlationKey">> = {
  fields: ["payload", "correlationKey"],
  check({ payload, correlationKey }) {
    const keys = Object.keys(payload).length + (correlationKey === undefined ? 0 : 1);
    const bytes = new TextEncoder().encode(JSON.stringify(payload)).length;
    return [
      ...(keys > mostKeys ? [{ field: "payload", message: `it has ${keys} keys, and at most ${mostKeys} are taken` }] : []),
      ...(bytes > mostBytes ? [{ field: "payload", message: `it has ${bytes} bytes, and at most ${mostBytes} are taken` }] : []),
    ];
  },
};

const input = withRules(fields, [sizeRule, correlationRule("payload", "correlationKey"), waitOnlyRule("workflow"), appRule]);

const output = z
  .object({
    repository: z.string().describe("repository whose workflows listen"),
    event: z.string().describe("type of the event"),
    run: z.object(runOutput).describe("run of the workflow, as far as it was waited for"),
  })
  .describe("Event that was dispatched, and the run that it has started");

/** The event that was dispatched, and the run that was waited for. */
export type DispatchRepositoryResult = ResultOf<typeof output>;

/** Starts the workflows of a repository that listen to an event of this type. */
export const dispatchRepository = definePipeline({
  name: "dispatch-repository",
  summary: "Start the workflows that listen to an event of a repository",
  examples: [
    "dispatch-repository github.com/acme/app --event QUAY_BUILD_SUCCESS --payload text=42d4a62",
    "dispatch-repository github.com/acme/app --event promote --payload version=1.4.3 --wait --timeout 30m",
  ],
  runs: "our code",
  input,
  output,
  steps: [dispatchStep, ...followSteps],
  async run(ctx, { repository, event, payload, wait, timeout, workflow, correlationKey }) {
    const name = formatRepository(repository);
    const mark = correlationKey === undefined ? undefined : markOf(name, event, ctx.once ?? ctx.id);
    const whole = { ...payload, ...(correlationKey !== undefined && mark !== undefined && { [correlationKey]: mark }) };
    const { result } = await ctx.run(dispatchStep, { repository, event, payload: whole, workflow, once: ctx.once, mark });
    const runs = { repository, event: "repository_dispatch", workflow, ref: undefined, mark, title: event } as const;
    const run = wait ? await followRun(ctx, { ...runs, what: event, dispatched: result, timeout }) : undefined;
    return {
      repository: name,
      event,
      run: { id: run?.id ?? result.run?.id ?? null, url: run?.url ?? result.run?.url ?? null, conclusion: run?.conclusion ?? null },
    };
  },
});
