import { z } from "zod";
import type { Json } from "../core/json.ts";
import { formatRepository } from "../core/git/repository.ts";
import { keyValues, repository, type FieldMeta } from "../core/run/input.ts";
import { anyJson } from "../core/run/output.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { appFields, appRule } from "../core/run/app-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { dispatchWorkflow as dispatchStep } from "../steps/dispatch-workflow.ts";
import { correlationName, correlationRule, dispatchToken, markOf, runOutput, waitOnlyRule, workflowFile } from "./dispatch-fields.ts";
import { followFields, followRun, followSteps } from "./follow-run.ts";

/** Limits of what one dispatch may hold. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs */
const mostInputs = 25;
const mostCharacters = 65_535;

const fields = z.object({
  repository: repository().describe("repository that has the workflow, such as github.com/acme/app").meta({ positional: 0 }),
  workflow: workflowFile().describe("start this workflow, by the name of its file, such as deploy.yaml"),
  ref: z
    .string()
    .min(1)
    .describe("run the workflow as this branch or tag has it")
    .meta({ placeholder: "BRANCH|TAG", fromEvent: "text" } satisfies FieldMeta),
  inputs: keyValues()
    .default({})
    .describe("give the workflow this input")
    .meta({ placeholder: "NAME=VALUE", fromEvent: "text" } satisfies FieldMeta),
  ...followFields,
  correlationInput: correlationName("an input")
    .optional()
    .describe("find the run by a text that this input is given, and that the workflow's run-name shows")
    .meta({ byDefault: "the server says which run it is", placeholder: "NAME", group: "Wait" } satisfies FieldMeta),
  outputs: z
    .string()
    .min(1)
    .optional()
    .describe("read what the workflow tells from this artifact, whose one file is a JSON object of texts")
    .meta({ byDefault: "it tells nothing", placeholder: "ARTIFACT", group: "Wait" } satisfies FieldMeta),
  ...dispatchToken,
  ...appFields(),
});

const sizeRule: Rule<Pick<z.output<typeof fields>, "inputs" | "correlationInput">> = {
  fields: ["inputs", "correlationInput"],
  check({ inputs, correlationInput }) {
    const count = Object.keys(inputs).length + (correlationInput === undefined ? 0 : 1);
    const size = JSON.stringify(inputs).length;
    return [
      ...(count > mostInputs ? [{ field: "inputs", message: `there are ${count}, and at most ${mostInputs} are taken` }] : []),
      ...(size > mostCharacters
        ? [{ field: "inputs", message: `they have ${size} characters, and at most ${mostCharacters} are taken` }]
        : []),
    ];
  },
};

const input = withRules(fields, [sizeRule, correlationRule("inputs", "correlationInput"), waitOnlyRule("outputs"), appRule]);

const output = z
  .object({
    repository: z.string().describe("repository that has the workflow"),
    workflow: z.string().describe("file of the workflow"),
    ref: z.string().describe("branch or tag at which it runs"),
    run: z.object(runOutput).describe("run that was started"),
    artifacts: z
      .array(
        z
          .object({
            name: z.string().describe("name of the artifact"),
            id: z.string().describe("id of the artifact").meta({ output: "artifact" }),
            size: z.int().describe("size in bytes, as it is stored"),
            digest: z.string().nullable().describe("digest of what is stored, such as sha256:…"),
          })
          .describe("Artifact of a run"),
      )
      .describe("artifacts of the run; none where nobody waited"),
    outputs: anyJson().describe("texts that the workflow has told, by their names"),
  })
  .describe("Run of a workflow");

/** The run that was started, and what came of it. */
export type DispatchWorkflowResult = ResultOf<typeof output>;

/** Starts a workflow, and waits for its end where it is told to. */
export const dispatchWorkflow = definePipeline({
  name: "dispatch-workflow",
  summary: "Start a workflow of a repository, and wait for its end",
  examples: [
    "dispatch-workflow github.com/acme/app --workflow deploy.yaml --ref main",
    "dispatch-workflow github.com/acme/app --workflow bake.yaml --ref main --input image=debian-13 --wait --timeout 2h",
  ],
  runs: "our code",
  input,
  output,
  steps: [dispatchStep, ...followSteps],
  async run(ctx, { repository, workflow, ref, inputs, wait, timeout, correlationInput, outputs }) {
    const name = formatRepository(repository);
    const mark = correlationInput === undefined ? undefined : markOf(name, workflow, ref, ctx.once ?? ctx.id);
    const whole = { ...inputs, ...(correlationInput !== undefined && mark !== undefined && { [correlationInput]: mark }) };
    const { result } = await ctx.run(dispatchStep, { repository, workflow, ref, inputs: whole, once: ctx.once, mark });
    const runs = { repository, event: "workflow_dispatch", workflow, ref, mark, title: undefined } as const;
    const run = wait ? await followRun(ctx, { ...runs, what: workflow, dispatched: result, timeout, outputs }) : undefined;
    return {
      repository: name,
      workflow,
      ref,
      run: { id: run?.id ?? result.run?.id ?? null, url: run?.url ?? result.run?.url ?? null, conclusion: run?.conclusion ?? null },
      artifacts: run?.artifacts ?? [],
      outputs: (run?.outputs ?? {}) as Json,
    };
  },
});
