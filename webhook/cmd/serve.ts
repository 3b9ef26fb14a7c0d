import type { CommandBody } from "../../src/cmd/command.ts";
import { serve } from "../serve.ts";
import { configFlag, configPath } from "./config-flag.ts";

/** `fairlead serve`: the listener. SIGHUP has it read its configuration again. */
export const serveBody: CommandBody = {
  flags: [configFlag],
  isService: true,
  async run({ io, signal, redactor, onHangup }, values) {
    await serve({ config: configPath(values), signal, redactor, onReload: onHangup, env: io.env });
    return { json: null, text: [] };
  },
};
