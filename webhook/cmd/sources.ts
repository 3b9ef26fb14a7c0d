import type { CommandBody } from "../../src/cmd/command.ts";
import { inputError } from "../../src/core/errors.ts";
import { bracketed } from "../../src/core/ipv6.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { trimEnd } from "../../src/core/text/trim.ts";
import { evidenceText } from "../config/evidence.ts";
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
      sentence: "print addresses below this URL, by which providers reach the listener, such as https://hooks.example.com",
      byDefault: "the address at which it listens",
      placeholder: "https://HOST",
      required: false,
    },
  ],
  async run(_session, values) {
    const config = await configOf(values);
    const { host, port, path } = config.listen;
    const base = baseOf((values.url as string | undefined) ?? `http://${bracketed(host)}:${port}`, path);
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

/** Returns the beginning of the addresses, without a slash at its end: with the listener's path, unless the URL has one. Throws `input` for what is no URL that a provider could call. */
function baseOf(text: string, path: string): string {
  const url = URL.parse(text);
  const hasCredential = url !== null && `${url.username}${url.password}` !== "";
  const isBase = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (isBase && !hasCredential) return `${trimEnd(text, "/")}${url.pathname === "/" ? path : ""}`;
  const message = hasCredential ? "it holds a credential" : `"${text}" is no URL of a listener`;
  throw inputError("sources", [{ field: "url", message }], "give a URL such as https://hooks.example.com");
}
