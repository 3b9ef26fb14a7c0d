import { z } from "zod";
import { adapterKinds, urlSettings } from "../adapters.ts";
import type { AdapterKind } from "../core/adapter.ts";
import { FairleadError } from "../core/errors.ts";
import { whyNotAllowed } from "../core/server-url.ts";
import type { Servers } from "../core/servers.ts";
import { kebabCase } from "../core/text/kebab.ts";

/** The servers given to the module's constructor, since a container cannot find them. It has all of `serverFields`. */
export interface ServerNames {
  readonly plainHttp: readonly string[];
}

/** An argument of the module's constructor: a setting of a kind of adapter that is a URL. */
interface ServerArgument {
  /** `kindUrl` for the setting `url`, `kindApiUrl` for `api`. */
  readonly name: string;
  readonly setting: string;
  readonly sentence: string;
}

/** The arguments of the module's constructor. */
export const serverFields = z.object({
  ...Object.fromEntries(adapterKinds.flatMap(argumentsOf).map(({ name, sentence }) => [name, z.string().optional().describe(sentence)])),
  plainHttp: z
    .array(z.string())
    .default([])
    .describe("speak plain HTTP to this host, as HOST[:PORT]; for a registry, tell the engine as well"),
});

/** Returns the servers that were named. Throws `input` for what is no URL, or is plain HTTP where that is not allowed. */
export function readServers(names: ServerNames): Servers {
  const { plainHttp } = names;
  const settings = adapterKinds.flatMap((kind) => {
    const texts = argumentsOf(kind).flatMap(({ name, setting }) => {
      const text = (names as unknown as Readonly<Record<string, string | undefined>>)[name];
      return text === undefined ? [] : [{ name, setting, text: readUrl(name, text, plainHttp) }];
    });
    return texts.length === 0 ? [] : [[kind.name, readSettings(kind, texts)] as const];
  });
  return { plainHttp, settings: Object.fromEntries(settings) };
}

function argumentsOf(kind: AdapterKind<unknown, never>): readonly ServerArgument[] {
  return urlSettings(kind).map(([setting, sentence]) => {
    const word = setting === "url" ? "" : `${setting.charAt(0).toUpperCase()}${setting.slice(1)}`;
    return { name: `${kind.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}${word}Url`, setting, sentence };
  });
}

interface Given {
  readonly name: string;
  readonly setting: string;
  readonly text: string;
}

/** A URL has been looked at: what may be wrong is that one is missing that another belongs to. */
function readSettings(kind: AdapterKind<unknown, never>, given: readonly Given[]): unknown {
  const parsed = kind.settings?.safeParse(Object.fromEntries(given.map(({ setting, text }) => [setting, text])));
  if (parsed?.success === true) return parsed.data;
  const missing = argumentsOf(kind).find(({ setting }) => setting === parsed?.error.issues[0]?.path[0]);
  const [first] = given;
  throw new FairleadError("input", `read ${first?.name}: there is no ${missing?.name} that it belongs to`, {
    hint: `give --${kebabCase(missing?.name ?? "")} as well`,
  });
}

function readUrl(name: string, text: string, plainHttp: readonly string[]): string {
  const url = URL.parse(text);
  const why = url === null ? "" : whyNotAllowed(url, { plainHttp });
  if (url !== null && why === undefined) return url.href;
  if (url?.protocol === "http:" && url.username === "" && url.password === "") {
    throw new FairleadError("input", `read ${name}: ${why}`, { hint: `use https, or allow it with --plain-http ${url.host}` });
  }
  throw new FairleadError("input", `read ${name}: it is no URL of a server`, { hint: "give one such as https://github.example.com" });
}
