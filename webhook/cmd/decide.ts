import { userInfo } from "node:os";
import type { CommandBody } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Decision } from "../../src/core/gate/decision.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../config.ts";
import { receivers } from "../receivers/index.ts";
import { routeOf } from "../run/execute.ts";
import { isGated, placeOf } from "../run/gate.ts";
import { decisionActs, type Store, type StoredRun } from "../store.ts";
import { configFlag, storeOf } from "./config-flag.ts";
import { runNamed } from "./named.ts";

const idFlag: Flag = {
  name: "id",
  kind: "string",
  sentence: "id of the run, or at least 6 characters of its end",
  required: true,
  positional: 1,
};

const reasonFlag: Flag = {
  name: "reason",
  kind: "string",
  sentence: "say why in the run's error",
  placeholder: "TEXT",
  byDefault: "none",
  required: false,
};

/** `fairlead runs approve`. */
export const approveBody: CommandBody = {
  flags: [configFlag, idFlag],
  run: (_session, values) => decide(values, "approved"),
};

/** `fairlead runs reject`. */
export const rejectBody: CommandBody = {
  flags: [configFlag, idFlag, reasonFlag],
  run: (_session, values) => decide(values, "rejected"),
};

/** Whoever may write to the store is an administrator of the listener: the decision is theirs. */
async function decide(values: Readonly<Record<string, unknown>>, verdict: Decision["verdict"]): Promise<{ json: Decided; text: string[] }> {
  const act = decisionActs[verdict];
  await using store = await storeOf(values, act);
  const run = await runNamed(store, String(values.id));
  await assertAsks(store, run, act);
  const { commit } = placeOf(run.event);
  const reason = typeof values.reason === "string" ? values.reason : null;
  const by = userInfo().username;
  const changed = await store.decide(run.id, { verdict, commit, by, reason }, { who: by, how: "cli", act });
  return { json: { id: run.id, verdict, commit, by, changed }, text: [`${verdict} ${commit.slice(0, 12)}`] };
}

type Decided = Pick<Decision, "verdict" | "commit" | "by"> & { readonly id: string; readonly changed: boolean };

/** Throws `conflict` for a run that nobody has to approve: what was decided of it would be without effect. */
async function assertAsks(store: Store, run: StoredRun, doing: string): Promise<void> {
  const text = await store.config(run.configHash);
  if (text === undefined) throw new FairleadError("not_found", `${doing}: the configuration of ${run.id} is gone`);
  const { gate } = routeOf(readConfig(text, { path: "configuration", receivers, pipelines }), run);
  if (isGated(gate, run.event) && gate.approve !== undefined) return;
  throw new FairleadError("conflict", `${doing}: ${run.id} waits for nobody's approval`, {
    hint: "give its route a gate with approve",
  });
}
