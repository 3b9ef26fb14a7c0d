import { z } from "zod";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { reportToSchema } from "../../src/config/report-to.ts";
import { duration, durationText } from "../../src/config/values.ts";
import { pushFilter, type PushFilter } from "../routing/push-filter.ts";
import type { LanePolicy } from "../store.ts";
import { gatedPipeline, gateOf, gateSchema, type Gate, type WrittenGate } from "./gate.ts";
import { laneOf, policyOf } from "./lane.ts";
import { reportsSchema, routeReports, type ReportsConfig, type RouteReports, type WrittenReports } from "./reports.ts";
import { isSelfService, selfServicePipeline } from "./self-service.ts";
import { entryName, whenSchema, type When } from "./when.ts";
import { withSchema, type WithValues } from "./with.ts";

/** A route: the pipeline that an event starts, with its input. */
export interface Route {
  readonly name: string;
  readonly when: When;
  readonly pipeline: Pipeline;
  readonly with: WithValues;
  /** May name fields of the event. */
  readonly lane: string;
  readonly policy: LanePolicy;
  readonly cancelRunning: boolean;
  readonly timeoutMilliseconds: number;
  readonly maxAttempts: number;
  /** How long a run waits for an image that somebody is still building, as the pipeline's own field has it; undefined where it has none. */
  readonly waitForImage: string | undefined;
  /** Nothing proves who sent the source's requests: what an event says is read again where it comes from before anything is done. */
  readonly readAgain: boolean;
  /** What its pushes have to be beside `when`: see `PushFilter`. */
  readonly filter: PushFilter;
  /** What is told of its runs, and by whom. */
  readonly reports: RouteReports;
  /** The name by which its runs are told: routes for one commit, or for what a merge queue makes of it, may share one. */
  readonly reportAs: string;
  /** What a run waits for before it does anything. */
  readonly gate: Gate | undefined;
  /** Of a route for all repositories of an owner: the fields that each may set in its own file. Undefined: they have no say. */
  readonly fromRepository: readonly string[] | undefined;
}

/** A route as it is written, with its values read. */
export interface WrittenRoute {
  readonly name: string;
  readonly when: When;
  readonly run: string;
  readonly with: WithValues;
  readonly lane?: string | undefined;
  readonly policy?: LanePolicy | undefined;
  readonly cancelRunning: boolean;
  readonly timeout?: number | undefined;
  readonly attempts?: number | undefined;
  readonly waitForImage?: string | undefined;
  readonly reports?: WrittenReports | undefined;
  readonly reportTo?: readonly string[] | undefined;
  readonly reportAs?: string | undefined;
  readonly gate?: WrittenGate | undefined;
  readonly "from-repository"?: readonly string[] | undefined;
}

/** Returns the schema of how often a run is tried. */
export function attempts(): z.ZodInt {
  return z.int().min(1, "expected 1 to 20").max(20, "expected 1 to 20").describe("give up a run after this many attempts");
}

const usualWait = "10m";

/** It stays text, as the pipeline's own field takes it. */
const waitForImageSchema = durationText({ zero: true })
  .optional()
  .describe(`wait this long for an image that is not in its registry yet; 0s does not wait (default: ${usualWait})`);

/** Returns the schema of a route to one of these pipelines. */
export function routeSchema(pipelines: readonly Pipeline[]): z.ZodType<WrittenRoute> {
  const [first, ...rest] = pipelines.map((pipeline) =>
    z.strictObject({
      name: entryName(),
      when: whenSchema.describe("events that start a run"),
      run: z.literal(pipeline.name).describe(pipeline.summary),
      with: withSchema(pipeline).prefault({}).describe("input of the pipeline; ${{ event.FIELD }} is a value of the event"),
      "from-repository": z
        .array(z.string())
        .optional()
        .describe("let each repository of HOST/OWNER/* set these fields of with in the .fairlead.yaml of its default branch"),
      lane: z
        .string()
        .min(1, "it is empty")
        .optional()
        .describe(
          "run one after the other with all of this lane, which may name ${{ event.FIELD }} (default: the route, repository and branch)",
        ),
      policy: z
        .enum(["newest", "every"])
        .optional()
        .describe("keep only the newest run that waits in the lane, or every one (default: newest for branches, else every)"),
      cancelRunning: z.boolean().default(false).describe("stop the run that the lane is in when a newer event comes; only with newest"),
      timeout: duration().optional().describe("stop an attempt after this time (default: workers.timeout)"),
      waitForImage: waitForImageSchema,
      reports: reportsSchema().optional().describe("tell of its runs by these reporters; [] by none (default: reports)"),
      reportTo: reportToSchema()
        .optional()
        .describe("report to these repositories where the labels of an image name them (default: reportTo)"),
      reportAs: entryName()
        .optional()
        .describe(
          "tell of its runs by this name, as those of a route of this name, so that several routes make one status (default: name)",
        ),
      gate: gateSchema.optional().describe("wait for checks of the event's commit, and for somebody's approval, before anything is done"),
      attempts: attempts().optional().describe("give up a run after this many attempts (default: workers.attempts)"),
    }),
  );
  if (first === undefined) throw new TypeError("there are no pipelines");
  return z.discriminatedUnion("run", [first, ...rest]);
}

/** Returns a written route as it is used. */
export function openRoute(
  { name, when, run, with: values, lane, policy, cancelRunning, timeout, attempts, waitForImage = usualWait, ...more }: WrittenRoute,
  pipelines: readonly Pipeline[],
  { readAgain, loops }: Pick<Route, "readAgain"> & Pick<PushFilter, "loops">,
  { workers, ...config }: ReportsConfig & { readonly workers: { readonly timeout: number; readonly attempts: number } },
): Route {
  const pipeline = pipelines.find((each) => each.name === run);
  if (pipeline === undefined) throw new TypeError(`there is no pipeline ${run}`);
  const gate = gateOf(more.gate, pipeline, when);
  return {
    name,
    when,
    pipeline: selfServicePipeline(gatedPipeline(pipeline, gate), when),
    gate,
    fromRepository: isSelfService(when) ? (more["from-repository"] ?? []) : undefined,
    with: values,
    cancelRunning,
    readAgain,
    filter: pushFilter(when, loops),
    reports: routeReports(more, config),
    reportAs: more.reportAs ?? name,
    lane: laneOf(name, when.kind, lane),
    policy: policyOf(when.kind, policy),
    timeoutMilliseconds: timeout ?? workers.timeout,
    maxAttempts: attempts ?? workers.attempts,
    waitForImage: "waitForImage" in pipeline.input.shape && waitForImage !== "0s" ? waitForImage : undefined,
  };
}
