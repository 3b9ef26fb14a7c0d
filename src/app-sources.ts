import type { KindFinder } from "./adapters.ts";
import type { Credential } from "./core/credential.ts";
import { FairleadError } from "./core/errors.ts";
import type { AppOptions } from "./core/git/app.ts";
import type { RunScope } from "./core/scope.ts";
import { allowSettings } from "./core/server-url.ts";
import type { Servers } from "./core/servers.ts";
import type { TokenOrigin } from "./core/token.ts";
import type { TokenSource } from "./core/token-source.ts";

/** What the apps of a run are made with. */
export interface AppSourceOptions extends Pick<AppOptions, "signal" | "delay" | "notice" | "redactor" | "now"> {
  readonly kinds: KindFinder;
  readonly servers: Servers;
  readonly scope: RunScope;
}

/** Returns the apps among credentials as sources of tokens. Throws `input` for one of a server that has no apps. */
export function appSources(by: TokenOrigin, credentials: readonly Credential[], options: AppSourceOptions): readonly TokenSource[] {
  const { kinds, servers, scope, ...common } = options;
  const needsAt: AppOptions["needsAt"] = (resource) => (scope.written?.includes(resource) === true ? scope.needs : []);
  return credentials.flatMap(({ kind, for: place, app, secret }): readonly TokenSource[] => {
    if (kind !== "app" || app === undefined) return [];
    const host = place.split("/", 1)[0] ?? "";
    const provider = kinds.gitProvider(host);
    if (provider?.appTokens === undefined) {
      throw new FairleadError(
        "input",
        `use App ${app} of ${host}: ${provider === undefined ? "nothing here serves it" : `${provider.name} has no Apps`}`,
        {
          hint: "give a token of it in place of an App",
        },
      );
    }
    const settings = allowSettings(provider, servers.settings[provider.name], servers);
    const tokens = provider.appTokens({ ...common, settings, host, needsAt, app: { id: app, key: secret } });
    return [{ for: place, by: "app", ...(by === "flag" && { rank: by }), ...tokens }];
  });
}
