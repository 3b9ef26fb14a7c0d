import { basename, dirname, resolve } from "node:path";
import type { CommandBody } from "../../src/cmd/command.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Json } from "../../src/core/json.ts";
import { formatResult } from "../../src/cmd/result.ts";
import type { Event } from "../../src/core/event.ts";
import { replay } from "../replay.ts";
import { routeEvents } from "../routing/route.ts";
import { configFlag, configOf } from "./config-flag.ts";

const { default: _, ...optionalConfig } = configFlag;

/** `fairlead replay`: verifies, parses and routes a saved request. Whatever the verdict is, there is one: the exit code is 0. */
export const replayBody: CommandBody = {
  flags: [
    { name: "case", kind: "string", sentence: "folder SOURCE/CASE that holds request.json and body", required: true, positional: 0 },
    { ...optionalConfig, sentence: "configuration whose routes it is given to; without it, to none" },
    {
      name: "source",
      kind: "string",
      sentence: "source of the configuration that it came from; without it, the only one of its kind",
      required: false,
    },
  ],
  async run(_session, values) {
    const folder = resolve(String(values.case));
    const { outcome, status, reason, events } = await replay(folder);
    const runs = values.config === undefined ? [] : await runsOf(basename(dirname(folder)), events, values);
    const json = { outcome, status, events, runs } as unknown as Readonly<Record<string, Json>>;
    return { json, text: formatResult({ ...json, reason }) };
  },
};

async function runsOf(kind: string, events: readonly Event[], values: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> {
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
  return routeEvents(config, source.name, events).runs.map(({ route, pipeline, lane, policy, input }) => ({
    route,
    pipeline,
    lane,
    policy,
    input,
  }));
}
