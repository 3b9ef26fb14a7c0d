import type { CommandBody, Values } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { formatResult } from "../../src/cmd/result.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { logLineJson, runJson, toldJson } from "../resources.ts";
import type { CancelQuery } from "../store.ts";
import { configFlag, configOf, storeOf } from "./config-flag.ts";
import { approveBody, rejectBody } from "./decide.ts";
import { deliveryFlag } from "./list-flags.ts";
import { listBody } from "./list-runs.ts";
import { deliveryNamed, runNamed, shortId } from "./named.ts";
import { followFlag, lookUntil, printerOf } from "./watch.ts";

const idFlag: Flag = {
  name: "id",
  kind: "string",
  sentence: "id of the run, or at least 6 characters of its end",
  required: true,
  positional: 1,
};
const show: CommandBody = {
  flags: [configFlag, idFlag],
  async run(_session, values) {
    await using store = await storeOf(values, "read run");
    const run = await runNamed(store, String(values.id));
    const json = { ...runJson(run), ...toldJson(await store.toldOf(run.id)) };
    return { json, text: formatResult(json) };
  },
};

const log: CommandBody = {
  flags: [configFlag, idFlag, followFlag],
  watches: ({ follow }) => follow === true,
  async run(session, values) {
    await using store = await storeOf(values, "read log");
    const { id } = await runNamed(store, String(values.id));
    const shown: { readonly at: string; readonly text: string }[] = [];
    const read = async (): Promise<readonly string[]> => {
      const lines = await Array.fromAsync(store.logOf(id, shown.length), logLineJson);
      shown.push(...lines);
      return lines.map(({ at, text }) => `${at} ${text}`);
    };
    if (values.follow !== true) return { text: await read(), json: shown };
    const print = values.json === true ? () => undefined : printerOf(session);
    const stopped = await lookUntil(session, async () => {
      const run = await store.run(id); // before its lines: once it has ended there are no more
      print(await read());
      if (run?.endedAt !== undefined) session.report({ type: "notice", message: `run ${shortId(id)}: ${run.state}` });
      return run === undefined || run.endedAt !== undefined;
    });
    return { json: shown, text: [], ...stopped };
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
  bodies: { list: listBody, show, log, cancel, rerun, approve: approveBody, reject: rejectBody },
});
