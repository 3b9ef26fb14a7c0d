import { dispatchOnce, inDoubt, known, type Dispatched, type DispatchIdentity } from "../core/dispatch/once.ts";
import { asFairleadError, FairleadError } from "../core/errors.ts";
import { requireDispatch, type Dispatches, type WorkflowDispatch, type WorkflowText } from "../core/git/dispatch.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { checkDispatch } from "../core/dispatch/workflow-file.ts";
import type { Step } from "../core/run/step.ts";

/** The workflow to start. */
export interface DispatchWorkflowInput extends WorkflowDispatch, DispatchIdentity {
  readonly repository: Repository;
}

/** Starts a workflow at a branch or tag, once for what has started the run. */
export const dispatchWorkflow: Step<DispatchWorkflowInput, Dispatched> = {
  name: "dispatch-workflow",
  needs: ["workflows:write", "workflows:read", "contents:read"],
  key: ({ repository, workflow, ref, once }) => `${formatRepository(repository)} ${workflow} ${ref}${known(once)}`,
  async plan(ctx, input) {
    const { repository, workflow, ref, inputs, mark } = input;
    const dispatch = requireDispatch(ctx.gitProvider(repository.host), repository);
    const runs = { repository, event: "workflow_dispatch", workflow, ref, mark, title: undefined } as const;
    const before = await dispatchOnce(ctx, dispatchWorkflow, input, runs);
    if (before.plan !== undefined) return before.plan;
    await check(dispatch, input);
    const given = Object.entries(inputs).map(([name, value]) => ` ${name}=${value}`);
    return {
      changes: [{ target: `${formatRepository(repository)} ${workflow}`, action: "run", to: `${ref}${given.join("")}` }],
      warnings: before.warnings,
      expected: { at: null, run: null },
      async apply() {
        const at = ctx.now().toISOString();
        const run = await dispatch.startWorkflow(repository, { workflow, ref, inputs }).catch((error: unknown) => {
          throw inDoubt(error);
        });
        return { at, run: run ?? null };
      },
    };
  },
};

/** Throws what the provider would refuse, before anything is changed. */
async function check(dispatch: Dispatches, { repository, workflow, ref, inputs }: DispatchWorkflowInput): Promise<void> {
  const doing = `start workflow ${workflow} of ${formatRepository(repository)}`;
  const { path, disabled } = await dispatch.workflow(repository, workflow);
  if (disabled !== undefined) {
    throw new FairleadError("conflict", `${doing}: it is ${disabled.replaceAll("_", " ")}`, {
      hint: "enable the workflow of the repository",
    });
  }
  const text = await dispatch.workflowText(repository, path, ref).catch(unreadText);
  if (text === "unread") return; // the provider has the last word
  if (text === "no ref") {
    throw new FairleadError("not_found", `${doing}: there is no branch or tag ${ref}`, { hint: "name one with --ref" });
  }
  if (text === "no file") {
    throw new FairleadError("not_found", `${doing}: ${ref} has no ${path}`, { hint: "name a branch or tag that has the workflow" });
  }
  checkDispatch(`${doing} at ${ref}`, text.text, inputs);
}

/** An app that may start workflows need not be one that may read files. */
function unreadText(error: unknown): WorkflowText {
  if (asFairleadError(error).code === "forbidden") return "unread";
  throw error;
}
