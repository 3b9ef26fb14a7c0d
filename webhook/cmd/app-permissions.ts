import type { CommandBody } from "../../src/cmd/command.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { AppInstallation } from "../../src/core/git/app-provider.ts";
import { grantedOf } from "../app/checks.ts";
import { installationOf } from "../app/installation.ts";
import { identityOf, knownApp } from "../app/known-app.ts";
import { needsOf, type Need } from "../app/needs.ts";
import { openAppWorld, type AppWorld } from "../app/world.ts";
import type { ListenerConfig } from "../config.ts";
import { configFlag, configOf } from "./config-flag.ts";
import { formatTable } from "./table.ts";

/** `fairlead app permissions`: what the routes need, and what is granted of it. */
export const permissionsBody: CommandBody = {
  flags: [configFlag],
  async run({ redactor, signal, report }, values) {
    const config = await configOf(values);
    const world = openAppWorld(config, { redactor, signal, notice: (message) => report({ type: "notice", message }) });
    const installation = await installationIn(config, world);
    const needs = needsOf(config, world.place);
    const rows = needs.map((need) => ({ need, ...grantedOf(need, installation) }));
    const missing = rows.filter(({ granted, ok }) => granted !== null && !ok).map(({ need }) => need);
    return {
      json: rows.map(({ need, granted, ok }) => ({ permission: need.permission, needs: need.needs, granted, ok, for: [...need.for] })),
      text: formatTable(
        ["PERMISSION", "NEEDS", "GRANTED", "FOR"],
        rows.map(({ need, granted }) => [need.permission, need.needs, granted ?? "unknown", shownFor(need)]),
      ),
      ...(missing.length > 0 && { failure: lacks(missing) }),
    };
  },
};

/** Returns the installation of the configuration's App; undefined where it names none. An App that is installed nowhere is granted nothing. */
async function installationIn(config: ListenerConfig, world: AppWorld): Promise<AppInstallation | undefined> {
  const known = knownApp(config, world);
  if (known === undefined) return undefined;
  const none = { id: 0, account: "", suspended: false, all: false, permissions: new Map<string, never>(), events: [] };
  return installationOf(await world.provider.own(identityOf(known, world)).installations()) ?? none;
}

function shownFor({ for: uses }: Need): string {
  const steps = Map.groupBy(uses, ({ repository }) => repository);
  return [...steps].map(([repository, each]) => `${[...new Set(each.map(({ step }) => step))].join(", ")} in ${repository}`).join("; ");
}

function lacks(missing: readonly Need[]): FairleadError {
  const list = missing.map(({ permission, needs }) => `${permission}: ${needs}`).join(", ");
  return new FairleadError("forbidden", `use the App: it lacks ${list}`, {
    hint: "add them on the App's page, and accept them on that of its installation",
  });
}
