import type { CommandBody } from "../../src/cmd/command.ts";
import { bracketed } from "../../src/core/ipv6.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { baseUrl } from "../base-url.ts";
import { evidenceText } from "../config/evidence.ts";
import { openSources } from "../http/open-sources.ts";
import { configFlag, configOf } from "./config-flag.ts";
import { formatTable } from "./table.ts";
import { warnOfFiles } from "./warn-of-files.ts";

/** `fairlead sources`: what to give to each provider. It is the only place where the addresses are told. */
export const sourcesBody: CommandBody = {
  flags: [
    configFlag,
    {
      name: "url",
      kind: "string",
      sentence: "print addresses below this URL, by which providers reach the listener, such as https://hooks.example.com",
      byDefault: "the address at which it listens",
      placeholder: "https://HOST",
      required: false,
    },
  ],
  async run(session, values) {
    const config = await configOf(values);
    await warnOfFiles(config, session);
    const { host, port, path } = config.listen;
    const base = baseUrl("sources", (values.url as string | undefined) ?? `http://${bracketed(host)}:${port}`, path);
    const opened = await openSources(config, createRedactor());
    const json = opened.map(({ source, paths }) => ({
      name: source.name,
      kind: source.receiver.name,
      proof: evidenceText(source),
      urls: paths.map((path) => `${base}${path}`),
    }));
    const rows = json.flatMap(({ name, kind, proof, urls }) => urls.map((url) => [name, kind, url, proof]));
    return { json, text: formatTable(["SOURCE", "KIND", "URL", "PROVEN BY"], rows) };
  },
};
