// The process of one report. A worker starts it and tells it what to say where; when the worker is gone, it ends.
import { pipelines } from "../src/pipelines/index.ts";
import { reporters } from "../src/reporters/index.ts";
import { readConfig } from "./config.ts";
import { receivers } from "./receivers/index.ts";
import type { TellOrder, Told } from "./report/messages.ts";
import { tell } from "./report/tell.ts";

process.once("message", (order: TellOrder) => void answer(order));
process.on("disconnect", () => process.exit());

async function answer(order: TellOrder): Promise<void> {
  const config = readConfig(order.config, { path: "configuration", receivers, pipelines });
  const told: Told = await tell(order, config, { reporters, signal: new AbortController().signal });
  process.send?.(told, undefined, undefined, () => process.disconnect());
}
