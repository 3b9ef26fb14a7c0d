import { adapters } from "../adapters.ts";
import type { TokenIdentity } from "../core/token.ts";
import type { Ports } from "../core/run/ports.ts";
import type { Servers } from "../core/servers.ts";
import type { CheckAnswer } from "../doctor/registry-checks.ts";
import type { Question } from "../doctor/machine.ts";

/** The most registries of a Docker config that are asked. */
const mostRegistries = 10;

/** The hosts that are asked, and which of them somebody has configured. */
export interface AskedHosts {
  /** Or places below a host, where an App is for one alone. */
  readonly tokens: readonly string[];
  readonly registries: readonly string[];
}

/** Returns the hosts whose tokens are looked at: those of the kinds of Git providers, where the servers are, then these. */
export function tokenHosts({ settings }: Servers, further: readonly string[]): readonly string[] {
  const usual = adapters.gitProviders.flatMap((kind) => kind.tokenHost?.(settings[kind.name]) ?? []);
  return [...new Set([...usual, ...further])];
}

/** Returns the questions to servers, each with the credential that a run would use there. `ports` throws what makes a run impossible. */
export function serverQuestions({ tokens, registries }: AskedHosts, ports: () => Ports): readonly Question[] {
  return [
    ...tokens.map((place): Question => ({ check: `token:${place}`, needed: true, ask: async () => await askToken(place, ports()) })),
    ...registries
      .slice(0, mostRegistries)
      .map((host): Question => ({ check: `registry:${host}`, needed: true, ask: async () => await askRegistry(host, ports()) })),
    ...adapters.notifiers.map(({ name, environment }): Question => {
      const none = { verdict: "unknown", detail: "there is no token", advice: `export ${environment?.token ?? "its token"}=…` } as const;
      return { check: name, needed: true, ask: async () => describe(await ports().notifier(name).identity?.(), none) };
    }),
  ];
}

async function askToken(place: string, ports: Ports): Promise<CheckAnswer> {
  const provider = ports.gitProvider(place.split("/", 1)[0] ?? "");
  const kind = adapters.gitProviders.find(({ name }) => name === provider.name);
  const variable = kind?.environment?.token;
  const none = { verdict: "unknown", detail: "there is no token", advice: `export ${variable ?? "its token"}=…` } as const;
  return describe(await provider.identity?.(place), none);
}

function describe(identity: TokenIdentity | undefined, none: CheckAnswer): CheckAnswer {
  if (identity === undefined) return none;
  const { login, scopes, by, token } = identity;
  const may =
    scopes === undefined ? "its permissions are not told" : `may ${scopes.length === 0 ? "read what is public" : scopes.join(", ")}`;
  return { verdict: "yes", detail: `${login}, by ${by === token ? by : `${by} (${token})`}; ${may}` };
}

async function askRegistry(host: string, { images }: Ports): Promise<CheckAnswer> {
  const image = { registry: host, repository: "fairlead/doctor" }; // it need not be there
  const scheme = await images.probe.reach(image);
  const login = await images.probe.logIn(image);
  const how = scheme === "https" ? "over TLS" : "by plain HTTP";
  if (login === undefined) return { verdict: "yes", detail: `${how}; it asks for no login` };
  return {
    verdict: "yes",
    detail: `${how}; as ${login.username === "" ? "an identity token" : login.username}, by ${login.password.name}`,
  };
}
