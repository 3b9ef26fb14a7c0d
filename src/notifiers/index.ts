import type { NotifierKind } from "../core/notify/notifier.ts";
import { slack } from "./slack.ts";

/** All kinds of notifiers. */
export const notifiers: readonly NotifierKind[] = [slack];
