import type { CommandBody } from "../../src/cmd/command.ts";
import { helpWidth } from "../../src/cmd/help.ts";
import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { AppInstallation, OwnApp } from "../../src/core/git/app-provider.ts";
import { absent, grantedOf } from "../app/checks.ts";
import { installationOf } from "../app/installation.ts";
import { identityOf, insteadOf, knownApp, usesApp, type KnownApp } from "../app/known-app.ts";
import { needsOf, repositoriesIn, type Need } from "../app/needs.ts";
import { openAppWorld, type AppWorld } from "../app/world.ts";
import { appFlag } from "./app-flag.ts";
import { appSession } from "./app-session.ts";
import { configFlag, configOf } from "./config-flag.ts";
import { permissionLines } from "./permission-lines.ts";
import { warnOfFiles } from "./warn-of-files.ts";

/** `fairlead app permissions`: what the routes need, and what is granted of it. */
export const permissionsBody: CommandBody = {
  flags: [configFlag, appFlag],
  async run(session, values) {
    const { io } = session;
    const config = await configOf(values);
    await warnOfFiles(config, session);
    const world = openAppWorld(config, appSession(session));
    const known = knownApp(config, world, { id: values.app as string | undefined });
    const needs = needsOf(config, world.place, known && usesApp(known, config.credentials));
    const own = known && (await readableApp(known, world));
    const { installation, failures, missing } = await look(own, needs, known && insteadOf(known, config.credentials));
    const rows = needs.map((need) => ({ need, ...grantedOf(need, installation, missing) }));
    const [failure] = [...lacks(needs, installation), ...failures];
    return {
      json: rows.map(({ need, granted, ok }) => ({ permission: need.permission, needs: need.needs, granted, ok, for: [...need.for] })),
      text: permissionLines(rows, helpWidth(io.stdout, io.env)),
      ...(failure !== undefined && { failure }),
    };
  },
};

/** Returns the App that asks; undefined, with a warning, where its key is not here, such as on the machine that made it for another. */
async function readableApp(known: KnownApp, world: AppWorld): Promise<OwnApp | undefined> {
  const identity = identityOf(known, world);
  try {
    await identity.key.reveal();
    return world.provider.own(identity);
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown);
    if (code !== "input") throw thrown;
    world.warn(`what is granted is unknown: ${message}`);
    return undefined;
  }
}

/** What was found of an App: its installation, and the repositories in which it is not installed. */
interface Seen {
  readonly installation: AppInstallation | undefined;
  readonly missing: readonly string[];
  readonly failures: readonly FairleadError[];
}

/** An App that is installed nowhere is granted nothing. */
const nowhere: AppInstallation = { id: 0, account: "", page: "", suspended: false, all: false, permissions: new Map(), events: [] };

async function look(
  own: OwnApp | undefined,
  needs: readonly Need[],
  instead: (repository: string) => string | undefined = () => undefined,
): Promise<Seen> {
  if (own === undefined) return { installation: undefined, missing: [], failures: [] };
  const installation = installationOf(await own.installations());
  if (installation === undefined) return { installation: nowhere, missing: [], failures: [] };
  const missing: string[] = [];
  const failures: FairleadError[] = [];
  for (const repository of repositoriesIn(needs).filter((each) => instead(each) === undefined)) {
    const reach = await own.reach(repository.slice(repository.indexOf("/") + 1));
    if (reach === "installed") continue;
    missing.push(repository);
    failures.push(absent(repository, reach, installation));
  }
  return { installation, missing, failures };
}

function lacks(needs: readonly Need[], installation: AppInstallation | undefined): readonly FairleadError[] {
  const missing = needs.filter((need) => installation !== undefined && !grantedOf(need, installation, []).ok);
  if (missing.length === 0) return [];
  const list = missing.map(({ permission, needs: level }) => `${permission}: ${level}`).join(", ");
  return [
    new FairleadError("forbidden", `use the App: it lacks ${list}`, {
      hint: "add them on the App's page, and accept them on that of its installation",
    }),
  ];
}
