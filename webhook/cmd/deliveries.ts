import type { CommandBody } from "../../src/cmd/command.ts";
import type { Flag } from "../../src/cmd/flag.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { formatResult } from "../../src/cmd/result.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { ListenerConfig } from "../config.ts";
import { tooManyRuns, whyTooMuch } from "../delivery-limits.ts";
import { routeInTurns, type Routing } from "../routing/route.ts";
import { deliveryJson } from "../resources.ts";
import type { StoredDelivery } from "../store.ts";
import { openStore } from "../stores/index.ts";
import { configFlag, configOf, storeOf } from "./config-flag.ts";
import { exportBody } from "./export-delivery.ts";
import { deliveryIdFlag, deliveryNamed, eventsOf, shortId } from "./named.ts";
import { limitFlag, limitOf, repositoryFlag, repositoryOf } from "./list-flags.ts";
import { formatTable } from "./table.ts";

const sourceFlag: Flag = {
  name: "source",
  kind: "string",
  sentence: "list only deliveries of this source",
  placeholder: "NAME",
  required: false,
};

const list: CommandBody = {
  flags: [configFlag, sourceFlag, repositoryFlag, limitFlag],
  async run(_session, values) {
    const { source } = values as { source?: string };
    const repository = repositoryOf(values);
    const limit = limitOf(values);
    await using store = await storeOf(values, "read deliveries");
    const deliveries = await store.deliveries({
      ...(source !== undefined && { source }),
      ...(repository !== undefined && { repository }),
      limit,
    });
    const rows = deliveries.map((each) => [
      ...[shortId(each.id), each.source, each.providerId ?? "", each.receivedAt.toISOString()],
      ...[
        each.refused === null ? each.events.map(({ kind }) => kind).join(" ") : `refused: ${each.refused}`,
        each.runs.map(shortId).join(" "),
      ],
    ]);
    return {
      json: deliveries.map((each) => deliveryJson(each)),
      text: formatTable(["DELIVERY", "SOURCE", "ITS ID", "RECEIVED", "EVENTS", "RUNS"], rows),
    };
  },
};

const show: CommandBody = {
  flags: [configFlag, deliveryIdFlag],
  async run(_session, values) {
    await using store = await storeOf(values, "read delivery");
    const { body, ...delivery } = await deliveryNamed(store, String(values.id));
    const json = deliveryJson(delivery, body);
    return { json, text: formatResult(json) };
  },
};

const resend: CommandBody = {
  flags: [configFlag, deliveryIdFlag],
  async run(_session, values) {
    const config = await configOf(values);
    await using store = await openStore(config.store, "resend delivery");
    const delivery = await deliveryNamed(store, String(values.id));
    const events = eventsOf(delivery, config, "resend");
    const { runs } = await routeWithin(config, delivery, events);
    await store.keepConfig(config.hash, config.text);
    const { source, headers, body } = delivery;
    // its provider's id and its content belong to the first time: this one is a delivery of its own
    const proven = config.sources.some(({ name, readAgain }) => name === source && !readAgain);
    const again = { source, headers, body, events, providerId: null, refused: null, content: null, proven };
    const accepted = await store.accept(again, runs);
    const json = { delivery: accepted.delivery, runs: accepted.runs };
    return { json, text: formatResult(json) };
  },
};

/** `fairlead deliveries`: `resend` gives one to the routes of today. */
export const deliveriesBody: CommandBody = oneOf({
  command: "deliveries",
  field: "action",
  sentence: "action on deliveries",
  bodies: { list, show, resend, export: exportBody },
});

/** Returns the runs of a delivery. Throws `input` when it is beyond the limits of today. */
async function routeWithin(
  { limits, ...config }: ListenerConfig,
  { id, source, body }: StoredDelivery,
  events: readonly Event[],
): Promise<Routing> {
  const why = whyTooMuch(events, limits, false);
  const routing = why === undefined ? await routeInTurns({ limits, ...config }, source, events, limits.runs, body) : undefined;
  if (routing !== undefined) return routing;
  throw new FairleadError("input", `resend delivery ${id}: ${why ?? tooManyRuns(limits, false)}`, {
    hint: "raise limits in the configuration",
  });
}
