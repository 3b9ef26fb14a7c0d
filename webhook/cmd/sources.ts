import type { CommandBody } from "../../src/cmd/command.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { openSources } from "../http/open-sources.ts";
import { configFlag, configOf } from "./config-flag.ts";
import { formatTable } from "./table.ts";

/** `fairlead sources`: what to give to each provider. It is the only place where the addresses are told. */
export const sourcesBody: CommandBody = {
  flags: [
    configFlag,
    {
      name: "url",
      kind: "string",
      sentence: "where the listener is reached from outside, such as https://hooks.example.com",
      required: false,
    },
  ],
  async run(_session, values) {
    const config = await configOf(values);
    const { host, port } = config.listen;
    const base = ((values.url as string | undefined) ?? `http://${host}:${port}`).replace(/\/$/, "");
    const opened = await openSources(config, createRedactor());
    const json = opened.map(({ source, paths }) => ({
      name: source.name,
      kind: source.receiver.name,
      proof: source.readAgain ? "its path alone: what it says is read again" : "its secret, or its provider's signature",
      urls: paths.map((path) => `${base}${path}`),
    }));
    const rows = json.flatMap(({ name, kind, proof, urls }) => urls.map((url) => [name, kind, url, proof]));
    return { json, text: formatTable(["SOURCE", "KIND", "URL", "PROVEN BY"], rows) };
  },
};
