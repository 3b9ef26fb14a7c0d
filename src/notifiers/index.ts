import type { Credential } from "../core/credential.ts";
import type { Notifier } from "../core/notifier.ts";
import { slack } from "./slack.ts";

/** All kinds of notifiers. */
export const notifiers: readonly ((credentials: readonly Credential[]) => Notifier)[] = [slack];
