import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { CommandBody, Values } from "../../src/cmd/command.ts";
import { formatPath } from "../../src/config/problem.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Json } from "../../src/core/json.ts";
import { formatResult } from "../../src/cmd/result.ts";
import type { ListenerConfig, Source } from "../config.ts";
import { replay } from "../replay.ts";
import { routeEvents, type RouteVerdict, type Routing } from "../routing/route.ts";
import type { NewRun } from "../store.ts";
import { configFlag, configOf } from "./config-flag.ts";

const { default: _, ...optionalConfig } = configFlag;

/** `fairlead replay`: verifies, parses and routes a saved request. Whatever the verdict is, there is one: the exit code is 0. */
export const replayBody: CommandBody = {
  flags: [
    { name: "case", kind: "string", sentence: "folder SOURCE/CASE that has request.json and body", required: true, positional: 0 },
    { ...optionalConfig, sentence: "show the runs that the routes of this configuration make", byDefault: "no routes" },
    {
      name: "source",
      kind: "string",
      sentence: "take the request as one of this source of the configuration",
      byDefault: "the only source of its kind",
      placeholder: "NAME",
      required: false,
    },
  ],
  async run({ report }, values) {
    const folder = resolve(String(values.case));
    const routed = values.config === undefined ? undefined : await sourceOf(basename(dirname(folder)), values);
    const { outcome, status, reason, events, warning } = await replay(folder, undefined, routed?.source.asked);
    if (warning !== undefined) report({ type: "warning", message: warning });
    for (const { path, message } of routed?.config.warnings ?? []) report({ type: "warning", message: `${formatPath(path)}: ${message}` });
    const routing = routed && routeEvents(routed.config, routed.source.name, events, await readFile(join(folder, "body")));
    const runs = routing?.runs.map(runJson) ?? [];
    const json = { outcome, status, events, runs, ...(routing && { routes: routing.verdicts }) } as unknown as Readonly<
      Record<string, Json>
    >;
    const kinds = events.map(({ kind }) => kind);
    const told = outcome === "accepted" ? routingTexts(routing, routed?.source.name) : {};
    return { json, text: formatResult({ outcome, status, reason, events: kinds, ...told }) };
  },
};

function runJson({ route, pipeline, lane, policy, input }: NewRun): Pick<NewRun, "route" | "pipeline" | "lane" | "policy" | "input"> {
  return { route, pipeline, lane, policy, input };
}

/** Returns what routes make of the events, for people: each run with its input, and of each route that makes none the reason. */
function routingTexts(routing: Routing | undefined, source = ""): Readonly<Record<string, Json>> {
  if (routing === undefined) return { runs: "not known: name a configuration with --config" };
  const { runs, verdicts } = routing;
  const [first, ...others] = runs.map(runText);
  const made = others.length === 0 ? first : Object.fromEntries(runs.map((run, at) => [`run ${at + 1}`, runText(run)]));
  const why = verdicts.length === 0 ? `none: no route is for the source ${source}` : "none: no route takes it";
  const isOne = verdicts.every(({ event }) => event === 0);
  return { ...(made ?? { runs: why }), ...Object.fromEntries(verdicts.flatMap((each) => reasonOf(each, isOne))) };
}

/** Returns why a route makes no run of an event. */
function reasonOf(verdict: RouteVerdict, isOne: boolean): readonly (readonly [string, string])[] {
  const about = isOne ? "" : `event ${verdict.event + 1} `;
  return verdict.outcome === "run" ? [] : [[`${about}${verdict.outcome} by route ${verdict.route}`, verdict.why]];
}

function runText({ route, pipeline, lane, input }: NewRun): Readonly<Record<string, Json>> {
  return { route, pipeline, lane, with: input };
}

/** Returns the configuration, and its source that has sent a request of a kind. Throws `input` where it is not plain which. */
async function sourceOf(kind: string, values: Values): Promise<{ readonly config: ListenerConfig; readonly source: Source }> {
  const config = await configOf(values);
  const fitting = config.sources.filter(({ name, receiver }) =>
    values.source === undefined ? receiver.name === kind : name === values.source,
  );
  const [source] = fitting;
  if (source === undefined || fitting.length > 1) {
    throw new FairleadError("input", `replay: the configuration has ${fitting.length === 0 ? "no" : "more than one"} source for ${kind}`, {
      hint: `name one by --source${fitting.length === 0 ? "" : `: ${fitting.map(({ name }) => name).join(", ")}`}`,
    });
  }
  return { config, source };
}
