import type { CommandBody } from "../../src/cmd/command.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { auditJson } from "../resources.ts";
import { configFlag, storeOf } from "./config-flag.ts";
import { limitFlag, limitOf } from "./list-flags.ts";
import { shortId } from "./named.ts";
import { formatTable } from "./table.ts";

const list: CommandBody = {
  flags: [configFlag, limitFlag],
  async run(_session, values) {
    const limit = limitOf(values);
    await using store = await storeOf(values, "read audit");
    const entries = await store.audit(limit);
    const rows = entries.map(({ at, who, how, act, subject }) => [at.toISOString(), who, how, act, shortId(subject)]);
    return { json: entries.map(auditJson), text: formatTable(["AT", "WHO", "HOW", "ACT", "SUBJECT"], rows) };
  },
};

/** `fairlead audit`: what people have done to the listener's runs. */
export const auditBody: CommandBody = oneOf({ command: "audit", field: "action", sentence: "action on the audit", bodies: { list } });
