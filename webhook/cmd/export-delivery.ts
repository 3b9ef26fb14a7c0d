import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CommandBody } from "../../src/cmd/command.ts";
import { formatResult } from "../../src/cmd/result.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import { caseFiles } from "../saved-case.ts";
import type { StoredDelivery } from "../store.ts";
import { openStore } from "../stores/index.ts";
import { configFlag, configOf, configPath } from "./config-flag.ts";
import { deliveryIdFlag, deliveryNamed, eventsOf, shortId } from "./named.ts";

const usualFolder = "cases";

/** `deliveries export`: writes a delivery as a saved request, for `replay`. Others may not read it: a body may be private. */
export const exportBody: CommandBody = {
  flags: [
    configFlag,
    deliveryIdFlag,
    {
      name: "to",
      kind: "string",
      sentence: "write the saved request to a new folder SOURCE/CASE below this one",
      placeholder: "DIR",
      required: false,
      default: usualFolder,
    },
  ],
  async run(_session, values) {
    const config = await configOf(values);
    await using store = await openStore(config.store, "export delivery");
    const delivery = await deliveryNamed(store, String(values.id));
    const events = eventsOf(delivery, config, "export");
    const { kind, options } = sourceOf(delivery, config);
    const { to = usualFolder } = values as { readonly to?: string };
    const folder = join(to, kind, shortId(delivery.id));
    await writeCase(folder, caseFiles(delivery, options, events));
    const json = {
      id: delivery.id,
      folder,
      replay: `fairlead replay ${folder} --config ${configPath(values)} --source ${delivery.source}`,
    };
    return { json, text: formatResult(json) };
  },
};

/** Returns the kind and the options of a delivery's source. One that has left the configuration is known by the events alone. */
function sourceOf(
  { id, source, events }: StoredDelivery,
  { sources }: ListenerConfig,
): { readonly kind: string; readonly options: unknown } {
  const found = sources.find(({ name }) => name === source);
  const kind = found?.receiver.name ?? events[0]?.source;
  if (kind !== undefined) return { kind, options: found?.options ?? {} };
  throw new FairleadError("not_found", `export delivery ${id}: the configuration has no source ${source}`);
}

/** Makes the folder with its files. Throws `conflict` where there is one: somebody may have changed it. */
async function writeCase(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const parent = dirname(folder);
  const refuse = (code: "input" | "conflict", message: string) => (error: NodeJS.ErrnoException) => {
    if (!["EEXIST", "ENOTDIR"].includes(error.code ?? "")) throw error;
    throw new FairleadError(code, message, { hint: "remove it, or name another folder with --to" });
  };
  await mkdir(parent, { recursive: true }).catch(refuse("input", `write ${folder}: ${parent} is not a folder`));
  await mkdir(folder, { mode: 0o700 }).catch(refuse("conflict", `write ${folder}: it is there already`));
  for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o600, flag: "wx" });
}
