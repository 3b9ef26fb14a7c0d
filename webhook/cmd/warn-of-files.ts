import type { Session } from "../../src/cmd/command.ts";
import { openFileText } from "../../src/secrets.ts";
import { openSecretFiles } from "../config/open-files.ts";
import type { ListenerConfig } from "../config.ts";

/** Warns of each file of a secret that others of this machine may read or write. */
export async function warnOfFiles(config: ListenerConfig, { report }: Pick<Session, "report">): Promise<void> {
  for (const each of await openSecretFiles(config)) report({ type: "warning", message: openFileText(each) });
}
