import { setTimeout as sleep } from "node:timers/promises";
import { adapters } from "../../src/adapters.ts";
import type { CommonConfig } from "../../src/config.ts";
import { configServers } from "../../src/config.ts";
import { openServers } from "../../src/environment.ts";
import type { AppProvider } from "../../src/core/git/app-provider.ts";
import type { Redactor } from "../../src/core/secret.ts";
import { allowSettings, allowUrl } from "../../src/core/server-url.ts";
import { openNetwork, readNetwork } from "../../src/network.ts";
import { receivers } from "../receivers/index.ts";
import type { AppPlace } from "./targets.ts";

/** What a command on Apps is given. */
export interface AppSession {
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
  readonly warn: (message: string) => void;
}

/** The provider that a listener's App is of. */
export interface AppWorld extends AppSession {
  readonly place: AppPlace;
  readonly provider: AppProvider;
  /** Where the provider is: its own host, or that of one's own server. */
  readonly host: string;
  /** The settings of a server of one's own, as the configuration has them; undefined for the provider's own. */
  readonly server: Readonly<Record<string, unknown>> | undefined;
  readonly delay: (milliseconds: number) => Promise<void>;
}

/** Returns the one provider that has Apps, at the servers of a configuration, else of the environment. Throws `input` for a server that may not be asked. */
export function openAppWorld(config: Pick<CommonConfig, "servers"> | undefined, session: AppSession): AppWorld {
  const servers = openServers(config === undefined ? {} : configServers(config), session.redactor);
  openNetwork(readNetwork(servers));
  const kind = adapters.gitProviders.find((each) => each.apps !== undefined);
  const receiver = receivers.find(({ name }) => name === kind?.name);
  const named = servers.settings[kind?.name ?? ""];
  const delay = async (milliseconds: number, signal: AbortSignal): Promise<void> => void (await sleep(milliseconds, undefined, { signal }));
  const provider = kind?.apps?.({
    ...session,
    delay,
    settings: allowSettings(kind, named, servers),
    credentials: { token: () => Promise.resolve(undefined), refused: () => "no" },
    allowUrl: (doing, text) => allowUrl(doing, text, servers),
    plainHttp: servers.plainHttp,
  });
  if (kind === undefined || provider === undefined || receiver === undefined) throw new TypeError("no kind of Git provider has Apps");
  const host = kind.tokenHost?.(named) ?? "";
  const isOwn = host !== kind.tokenHost?.(undefined);
  return {
    ...session,
    provider,
    host,
    server: isOwn ? (JSON.parse(JSON.stringify(named)) as Readonly<Record<string, unknown>>) : undefined,
    delay: (milliseconds) => delay(milliseconds, session.signal),
    place: { kind, receiver, serves: (each) => each === host },
  };
}
