/** A run that asks GitHub's double as an App. */
import { kindsAt, openAdapters, tokenUsername } from "../../src/adapters.ts";
import { appSources } from "../../src/app-sources.ts";
import { tokenSources, type Credential } from "../../src/core/credential.ts";
import { createCredentials, type Credentials } from "../../src/core/credentials.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { GitProvider } from "../../src/core/git/provider.ts";
import type { Permission } from "../../src/core/permission.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { secretValue } from "../../src/secrets.ts";
import type { MadeApp } from "../doubles/github/apps/actions.ts";
import type { GitHub } from "../doubles/github.ts";
import { registryOptions } from "../adapter-options.ts";

export interface AppBed {
  readonly credentials: Credentials;
  readonly provider: GitProvider;
  /** What a server would be shown: it fails the test that shows it. */
  readonly redact: (text: string) => string;
  /** Returns the token of a repository, for some permissions. */
  token(repository: string, ...permissions: readonly Permission[]): Promise<string | undefined>;
  /** Returns the end of what throws: the code, the message and the hint. */
  failure(asked: Promise<unknown>): Promise<string>;
  /** The pauses so far, in milliseconds: each moves the run's clock on, and takes no time. */
  readonly pauses: readonly number[];
  /** Moves the run's clock on. */
  pass(milliseconds: number): void;
}

export interface AppBedOptions {
  readonly app: Pick<MadeApp, "id" | "pem">;
  readonly place?: string;
  readonly needs?: readonly Permission[];
  readonly written?: readonly string[];
  /** Further credentials, as if from the environment. */
  readonly env?: readonly Credential[];
}

/** Returns a run that was given an App for a GitHub, or for a place below it. */
export function openAppBed(github: GitHub, { app, place = github.host, needs = [], written = [], env = [] }: AppBedOptions): AppBed {
  const redactor = createRedactor();
  const servers = { settings: { github: { url: github.url, api: github.apiUrl } }, plainHttp: [] };
  const kinds = kindsAt(servers);
  const pauses: number[] = [];
  const clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const delay = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    clock.ahead += milliseconds;
    return Promise.resolve();
  };
  const scope = {
    session: "fairlead-1",
    images: [],
    hosts: [],
    needs,
    written: written.map((each) => `${github.host}/${each}`),
    input: {},
  };
  const common = { ...registryOptions(), servers, scope, delay, redactor };
  const given: Credential = { for: place, kind: "app", app: String(app.id), secret: secretValue(app.pem, "key", redactor) };
  const credentials = createCredentials([...tokenSources("env", env), ...appSources("file", [given], { ...common, kinds, now })], {
    now,
    usernameFor: (resource) => tokenUsername(resource, kinds),
  });
  const provider = openAdapters(kinds, servers, { ...common, credentials }).gitProvider(github.host)!;
  return {
    credentials,
    provider,
    redact: (text) => redactor.redact(text),
    async token(repository, ...permissions) {
      const ask = { resource: `${github.host}/${repository}`, permissions, signal: common.signal };
      return await (await credentials.token(ask))?.value.reveal();
    },
    async failure(asked) {
      const error = await asked.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof FairleadError)) throw new Error(`no FairleadError: ${String(error)}`);
      return `${error.code}: ${error.message} | ${error.hint}`.replaceAll(github.host, "GITHUB");
    },
    pauses,
    pass: (milliseconds) => void (clock.ahead += milliseconds),
  };
}
