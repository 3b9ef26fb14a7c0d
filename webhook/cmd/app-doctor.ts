import type { CommandBody } from "../../src/cmd/command.ts";
import { askClock } from "../../src/cmd/doctor-network.ts";
import { outputOf } from "../../src/cmd/doctor-registry.ts";
import { helpWidth } from "../../src/cmd/help.ts";
import { configServers } from "../../src/config.ts";
import { doctorChecks } from "../app/doctor.ts";
import { examine } from "../app/checks.ts";
import { openAppWorld } from "../app/world.ts";
import { appFlag } from "./app-flag.ts";
import { appSession } from "./app-session.ts";
import { configFlag, configOf } from "./config-flag.ts";
import { warnOfFiles } from "./warn-of-files.ts";

/** `fairlead app doctor`: tries what a run needs of the App, and changes nothing. */
export const doctorBody: CommandBody = {
  flags: [configFlag, appFlag],
  async run(session, values) {
    const { io, signal } = session;
    const config = await configOf(values);
    await warnOfFiles(config, session);
    const world = openAppWorld(config, appSession(session));
    const clock = (): ReturnType<typeof askClock> => askClock(configServers(config), [world.host], signal);
    const checks = doctorChecks(config, world, { id: values.app as string | undefined, clock });
    return outputOf(await examine(checks), helpWidth(io.stdout, io.env));
  },
};
