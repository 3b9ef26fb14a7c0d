import type { CommandBody, Values } from "../../src/cmd/command.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { runJson } from "../resources.ts";
import { runStates, type RunQuery, type RunState, type Store, type StoredRun } from "../store.ts";
import { configFlag, storeOf } from "./config-flag.ts";
import { deliveryFlag, limitFlag, limitOf, repositoryFlag, repositoryOf } from "./list-flags.ts";
import { deliveryNamed, shortId } from "./named.ts";
import { formatTable, tableWriter } from "./table.ts";
import { lookUntil, printerOf, watchFlag } from "./watch.ts";

const columns = ["RUN", "STATE", "PIPELINE", "LANE", "ATTEMPT", "CREATED", "WHY"];

/** `runs list`. */
export const listBody: CommandBody = {
  flags: [
    configFlag,
    { name: "state", kind: "enum", sentence: "list only runs in this state", required: false, choices: runStates },
    { name: "lane", kind: "string", sentence: "list only runs of this lane", placeholder: "NAME", required: false },
    deliveryFlag,
    repositoryFlag,
    limitFlag,
    watchFlag,
  ],
  watches: ({ watch }) => watch === true,
  async run(session, values) {
    const limit = limitOf(values);
    if (values.watch === true && values.json === true) {
      throw new FairleadError("input", "runs: --watch goes on, and --json prints one document", { hint: "leave out one of the two" });
    }
    await using store = await storeOf(values, "read runs");
    const query = await queryOf(store, values, limit);
    if (values.watch !== true) {
      const runs = await store.runs(query);
      return { json: runs.map(runJson), text: formatTable(columns, runs.map(rowOf)) };
    }
    const [print, table, shown] = [printerOf(session), tableWriter(columns), new Map<string, string>()];
    const stopped = await lookUntil(session, async () => {
      const rows = (await store.runs(query)).map((run) => ({ id: run.id, row: rowOf(run) }));
      const changed = rows.filter(({ id, row }) => shown.get(id) !== row.join("\n"));
      for (const { id, row } of changed) shown.set(id, row.join("\n"));
      print(table(changed.map(({ row }) => row).reverse())); // what is new is below
      return false;
    });
    return { json: null, text: [], ...stopped };
  },
};

async function queryOf(store: Store, values: Values, limit: number): Promise<RunQuery> {
  const { state, lane, delivery } = values as { state?: RunState; lane?: string; delivery?: string };
  const repository = repositoryOf(values);
  return {
    ...(state !== undefined && { states: [state] }),
    ...(lane !== undefined && { lane }),
    ...(delivery !== undefined && { delivery: (await deliveryNamed(store, delivery)).id }),
    ...(repository !== undefined && { repository }),
    limit,
  };
}

function rowOf(run: StoredRun): readonly string[] {
  const { id, state, pipeline, lane, attempt, maxAttempts, createdAt, reason, error } = run;
  return [shortId(id), state, pipeline, lane, `${attempt}/${maxAttempts}`, createdAt.toISOString(), reason ?? error?.message ?? ""];
}
