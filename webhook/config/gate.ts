import { z } from "zod";
import { approverFields, type WrittenApprovers } from "../../src/config/approvers.ts";
import type { Environments } from "../../src/config/environments.ts";
import type { Path } from "../../src/config/document.ts";
import type { Problem } from "../../src/config/problem.ts";
import { duration } from "../../src/config/values.ts";
import type { Event } from "../../src/core/event.ts";
import type { WantedCheck } from "../../src/core/gate/checks.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { approveByTeamStep, approveEnvironmentStep, approveStep } from "../../src/steps/approve.ts";
import { waitForStep } from "../../src/steps/wait-for.ts";
import { eventKinds } from "../routing/event-kinds.ts";
import type { When } from "./when.ts";
import type { WithValues } from "./with.ts";

/** What a run of a route waits for before it does anything. */
export interface Gate {
  /** Statuses and checks of the commit. */
  readonly checks: readonly WantedCheck[];
  /** Undefined: nobody is asked. */
  readonly approve: WrittenApproval | undefined;
  /** From the run's first start. */
  readonly timeoutMilliseconds: number;
  /** Only what comes from a fork is asked for: the route says nothing of a gate itself. */
  readonly forksOnly: boolean;
}

/** Whose approval counts, and the environment of a workflow whose approval is enough. */
type WrittenApproval = WrittenApprovers & { readonly environment?: string | undefined };

/** A gate as it is written. */
export interface WrittenGate {
  readonly checks: readonly WantedCheck[];
  readonly approve?: WrittenApproval | undefined;
  readonly timeout: number;
}

const approval = z.strictObject({
  ...approverFields,
  environment: z
    .string()
    .min(1, "it is empty")
    .max(255, "expected at most 255 characters")
    .optional()
    .describe("an approval of this environment, for which the run of the workflow waits, is enough; only with kind workflow"),
});

const checkName = z.string().min(1, "it is empty").max(255, "expected at most 255 characters");

const wantedCheck = z.union([
  checkName,
  z.strictObject({
    name: checkName.describe("the name of the check"),
    app: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, "expected the slug of an App, such as acme-ci")
      .describe("count the checks of this App alone, by the slug of its page, such as acme-ci; no status counts"),
  }),
]);

const usualTimeout = "1d";

export const gateSchema = z
  .strictObject({
    checks: z
      .array(wantedCheck)
      .max(50, "expected at most 50 checks")
      .default([])
      .describe("wait until these statuses and checks of the commit have passed, and fail when one fails"),
    approve: approval.optional().describe("wait until somebody has approved the commit; {} takes whoever may write to the repository"),
    timeout: duration({ days: 365 }).prefault(usualTimeout).describe("fail when this time is over"),
  })
  .refine(({ checks, approve }) => checks.length > 0 || approve !== undefined, "it waits for nothing: name checks, or approve")
  .meta({ id: "gate" }) as unknown as z.ZodType<WrittenGate>;

/** Returns the gate of a route as it is written, with the approvers of the environment that it deploys to: they go before its own. */
export function gateAt(
  { gate, with: { environment } }: { readonly gate?: WrittenGate | undefined; readonly with: WithValues },
  environments: Environments,
): WrittenGate | undefined {
  const approve = typeof environment === "string" ? environments[environment]?.approve : undefined;
  return approve === undefined ? gate : { checks: [], timeout: 86_400_000, ...gate, approve };
}

/** What a fork's commit needs where the route says nothing more. */
const ofForks: Gate = { checks: [], approve: {}, timeoutMilliseconds: 7 * 86_400_000, forksOnly: true };

/** Returns the gate of a route: its own, and for commits of forks whose code is run always one that asks for an approval. */
export function gateOf(written: WrittenGate | undefined, { runs }: Pick<Pipeline, "runs">, when: When): Gate | undefined {
  const asksForks = when.forks === true && runs === "their code";
  if (written === undefined) return asksForks ? ofForks : undefined;
  const { checks, approve, timeout } = written;
  return { checks, approve: approve ?? (asksForks ? {} : undefined), timeoutMilliseconds: timeout, forksOnly: false };
}

/** Returns the approving step of a gate, whose permissions are no more than it needs. */
export function approveStepOf({ environment, right: _, ...teams }: WrittenApproval): typeof approveStep {
  if (environment !== undefined) return approveEnvironmentStep;
  return Object.values(teams).some((each) => each !== undefined) ? approveByTeamStep : approveStep;
}

/** Returns the steps of a gate. */
export function gateSteps({ checks, approve }: Gate): Pipeline["steps"] {
  return [...(checks.length === 0 ? [] : [waitForStep]), ...(approve === undefined ? [] : [approveStepOf(approve)])];
}

/** Returns the pipeline that may do the steps of the gate too. */
export function gatedPipeline(pipeline: Pipeline, gate: Gate | undefined): Pipeline {
  return gate === undefined ? pipeline : { ...pipeline, steps: [...gateSteps(gate), ...pipeline.steps] };
}

/** Tells whether events of a kind name a commit of a repository. */
export function namesCommit(kind: Event["kind"]): boolean {
  const { sample } = eventKinds[kind];
  return "commit" in sample && "repository" in sample;
}

/** Returns what is wrong with a gate beyond its form: a route whose events name no commit of a repository has none to wait for. */
export function checkGate(path: Path, gate: unknown, kind: Event["kind"] | undefined): readonly Problem[] {
  if (gate === undefined || kind === undefined) return [];
  const at = [...path, "gate"];
  if (!namesCommit(kind)) return [{ path: at, message: `an event of kind ${kind} names no commit to wait for` }];
  const { approve } = gate as { readonly approve?: { readonly environment?: unknown } };
  if (approve?.environment === undefined || kind === "workflow") return [];
  return [
    { path: [...at, "approve", "environment"], message: `it is approved for a run of a workflow: expected kind workflow, not ${kind}` },
  ];
}
