import type { AppFacts, AppInstallation } from "../../src/core/git/app-provider.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import { openSources } from "../http/open-sources.ts";
import { answerOfEvents, installationChecks, type Answer, type AppCheck } from "./checks.ts";
import { installationOf } from "./installation.ts";
import { identityOf, insteadOf, knownApp, usesApp } from "./known-app.ts";
import { eventsOf, needsOf } from "./needs.ts";
import type { AppWorld } from "./world.ts";

/**
 * Returns the checks of the App of a configuration, of several the one with this ID. `clock` compares this machine's clock with the provider's. Throws
 * `not_found` where it names no App, and `conflict` for several.
 */
export function doctorChecks(
  config: ListenerConfig,
  world: AppWorld,
  { id, clock }: { readonly id: string | undefined; readonly clock: () => Promise<Answer> },
): readonly AppCheck[] {
  const known = knownApp(config, world, { id });
  if (known === undefined) throw noApp();
  const covers = usesApp(known, config.credentials);
  const identity = identityOf(known, world);
  const own = world.provider.own(identity);
  let facts: Promise<AppFacts> | undefined;
  let found: Promise<AppInstallation> | undefined;
  const installation = (): Promise<AppInstallation> => (found ??= own.installations().then((all) => installationOf(all) ?? notInstalled()));
  return [
    {
      check: "key",
      after: [],
      ask: async () => (await identity.key.reveal(), { verdict: "yes", detail: `that of App ${known.id} can be read` }),
    },
    { check: "clock", after: [], ask: clock },
    {
      check: "app",
      after: ["key"],
      async ask() {
        const { name, owner } = await (facts ??= own.read());
        return { verdict: "yes", detail: `${name}, of ${owner}` };
      },
    },
    { check: "hook", after: ["app"], ask: async () => await askHook(config, world, await own.hook()) },
    {
      check: "events",
      after: ["app"],
      ask: async () => answerOfEvents(await (facts ??= own.read()), eventsOf(config, world.place, covers)),
    },
    ...installationChecks(
      { own, installation, needs: needsOf(config, world.place, covers), instead: insteadOf(known, config.credentials) },
      ["app"],
    ),
  ];
}

/** Returns the error of a configuration without an App. */
export function noApp(): FairleadError {
  return new FairleadError("not_found", "read credentials: they name no App", { hint: "run fairlead app create --url https://HOST" });
}

function notInstalled(): never {
  throw new FairleadError("not_found", "find the App's installation: it is installed nowhere", {
    hint: "run fairlead app create again, and install it",
  });
}

/** The part of the address that only whoever knows the key can make is compared: where the listener is reached from outside is not known here. */
async function askHook(config: ListenerConfig, { place, redactor }: AppWorld, hook: string | undefined): Promise<Answer> {
  const advice = "write the address that fairlead sources prints into the App's page, or its key into the source's path";
  if (hook === undefined || hook === "") return { verdict: "no", detail: "the App sends its events nowhere", advice };
  const opened = await openSources(config, redactor);
  const own = opened.filter(({ source }) => source.receiver === place.receiver);
  const found = own.find(({ paths }) => paths.some((path) => URL.parse(hook)?.pathname.endsWith(path) === true));
  if (found === undefined)
    return {
      verdict: "no",
      detail: `the App sends its events to an address that no source has, at ${URL.parse(hook)?.host ?? "no host"}`,
      advice,
    };
  return { verdict: "yes", detail: `its events come to source ${found.source.name}, by ${URL.parse(hook)?.host ?? ""}` };
}
