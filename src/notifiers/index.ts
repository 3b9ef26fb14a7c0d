import type { AdapterOptions } from "../core/adapter.ts";
import type { Notifier } from "../core/notify/notifier.ts";
import { slack } from "./slack.ts";

/** All kinds of notifiers. */
export const notifiers: readonly ((options: AdapterOptions) => Notifier)[] = [slack];
