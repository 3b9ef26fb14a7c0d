import type { CommandBody, Values } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { formatResult } from "../../src/cmd/result.ts";
import { FairleadError, inputError } from "../../src/core/errors.ts";
import { logLineJson, runJson } from "../resources.ts";
import { runStates, type CancelQuery, type RunState, type StoredRun } from "../store.ts";
import { configFlag, configOf, storeOf } from "./config-flag.ts";
import { deliveryNamed, runNamed, shortId } from "./named.ts";
import { formatTable } from "./table.ts";

const idFlag: Flag = {
  name: "id",
  kind: "string",
  sentence: "id of the run, or at least 6 characters of its end",
  required: true,
  positional: 1,
};
const deliveryFlag: Flag = {
  name: "delivery",
  kind: "string",
  sentence: "list, or cancel, only runs of this delivery",
  placeholder: "ID",
  required: false,
};

/** `--repository`: whose events lists are about. */
export const repositoryFlag: Flag = {
  name: "repository",
  kind: "string",
  sentence: "list only what came of this repository's events, such as github.com/acme/app",
  placeholder: "HOST/OWNER/NAME",
  required: false,
};
const usualLimit = 20;

/** `--limit`: the length of a list. */
export const limitFlag: Flag = {
  name: "limit",
  kind: "int",
  sentence: "list at most this many, the newest first",
  required: false,
  default: usualLimit,
};

/** Returns the length of a list. Throws `input` for none. */
export function limitOf({ limit = usualLimit }: Values): number {
  if (typeof limit === "number" && limit >= 1) return limit;
  throw inputError("list", [{ field: "limit", message: "expected 1 or more" }]);
}

const list: CommandBody = {
  flags: [
    configFlag,
    { name: "state", kind: "enum", sentence: "list only runs in this state", required: false, choices: runStates },
    { name: "lane", kind: "string", sentence: "list only runs of this lane", placeholder: "NAME", required: false },
    deliveryFlag,
    repositoryFlag,
    limitFlag,
  ],
  async run(_session, values) {
    const { state, lane, delivery, repository } = values as { state?: RunState; lane?: string; delivery?: string; repository?: string };
    const limit = limitOf(values);
    await using store = await storeOf(values, "read runs");
    const runs = await store.runs({
      ...(state !== undefined && { states: [state] }),
      ...(lane !== undefined && { lane }),
      ...(delivery !== undefined && { delivery: (await deliveryNamed(store, delivery)).id }),
      ...(repository !== undefined && { repository }),
      limit,
    });
    const rows = runs.map((run) => [
      shortId(run.id),
      run.state,
      run.pipeline,
      run.lane,
      `${run.attempt}/${run.maxAttempts}`,
      run.createdAt.toISOString(),
      why(run),
    ]);
    return { json: runs.map(runJson), text: formatTable(["RUN", "STATE", "PIPELINE", "LANE", "ATTEMPT", "CREATED", "WHY"], rows) };
  },
};

const show: CommandBody = {
  flags: [configFlag, idFlag],
  async run(_session, values) {
    await using store = await storeOf(values, "read run");
    const json = runJson(await runNamed(store, String(values.id)));
    return { json, text: formatResult(json) };
  },
};

const log: CommandBody = {
  flags: [configFlag, idFlag],
  async run(_session, values) {
    await using store = await storeOf(values, "read log");
    const { id } = await runNamed(store, String(values.id));
    const shown = await Array.fromAsync(store.logOf(id), logLineJson);
    return { json: shown, text: shown.map(({ at, text }) => `${at} ${text}`) };
  },
};

const cancel: CommandBody = {
  flags: [
    configFlag,
    { ...idFlag, required: false },
    deliveryFlag,
    { name: "source", kind: "string", sentence: "cancel all runs of this source, in place of one", placeholder: "NAME", required: false },
    { name: "route", kind: "string", sentence: "cancel all runs of this route, in place of one", placeholder: "NAME", required: false },
  ],
  async run(_session, values) {
    const { id, source, delivery, route } = values as { id?: string; source?: string; delivery?: string; route?: string };
    const query = {
      ...(source !== undefined && { source }),
      ...(delivery !== undefined && { delivery }),
      ...(route !== undefined && { route }),
    };
    if ((id === undefined) === (Object.keys(query).length === 0)) {
      throw new FairleadError("input", "cancel runs: expected an id, or flags that say which", {
        hint: "name a run, or some of --source, --delivery and --route, but not both",
      });
    }
    await using store = await storeOf(values, "cancel run");
    if (id === undefined) {
      const named = delivery === undefined ? query : { ...query, delivery: (await deliveryNamed(store, delivery)).id };
      const { canceled, stopping } = await store.cancelAll(named);
      if (canceled + stopping === 0) await assertNamed(values, query);
      return { json: { canceled, stopping }, text: [`${canceled} canceled, ${stopping} asked to stop`] };
    }
    const run = await runNamed(store, id);
    const state = await store.cancel(run.id);
    return { json: { id: run.id, state }, text: [state === "running" ? "asked its worker to stop it" : state] };
  },
};

/** Nothing to cancel is no error, but a slip in a name is: the runs of the right one would go on. */
async function assertNamed(values: Values, { source, route }: CancelQuery): Promise<void> {
  const { sources, routes } = await configOf(values);
  const isKnown = (named: readonly { readonly name: string }[], name: string | undefined): boolean =>
    name === undefined || named.some((each) => each.name === name);
  const unknown = [...(isKnown(sources, source) ? [] : [`source ${source}`]), ...(isKnown(routes, route) ? [] : [`route ${route}`])];
  if (unknown.length === 0) return;
  throw new FairleadError("not_found", `cancel runs: there is no ${unknown.join(" and no ")}`, {
    hint: "look up its name with fairlead runs list",
  });
}

const rerun: CommandBody = {
  flags: [configFlag, idFlag],
  async run(_session, values) {
    await using store = await storeOf(values, "rerun run");
    const id = await store.rerun((await runNamed(store, String(values.id))).id);
    return { json: { id }, text: [id] };
  },
};

/** `fairlead runs`: what is done with the store is seen by a listener that runs. */
export const runsBody: CommandBody = oneOf({
  command: "runs",
  field: "action",
  sentence: "action on runs",
  bodies: { list, show, log, cancel, rerun },
});

function why({ reason, error }: StoredRun): string {
  return reason ?? error?.message ?? "";
}
