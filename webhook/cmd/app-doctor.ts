import type { CommandBody } from "../../src/cmd/command.ts";
import { askClock } from "../../src/cmd/doctor-network.ts";
import { outputOf } from "../../src/cmd/doctor-registry.ts";
import { configServers } from "../../src/config.ts";
import { doctorChecks } from "../app/doctor.ts";
import { examine } from "../app/checks.ts";
import { openAppWorld } from "../app/world.ts";
import { configFlag, configOf } from "./config-flag.ts";

/** `fairlead app doctor`: tries what a run needs of the App, and changes nothing. */
export const doctorBody: CommandBody = {
  flags: [configFlag],
  async run({ redactor, signal, report }, values) {
    const config = await configOf(values);
    const world = openAppWorld(config, { redactor, signal, notice: (message) => report({ type: "notice", message }) });
    const clock = (): ReturnType<typeof askClock> => askClock(configServers(config), [world.host], signal);
    return outputOf(await examine(doctorChecks(config, world, clock)));
  },
};
