import type { CommandBody } from "../../src/cmd/command.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { createBody } from "./app-create.ts";
import { doctorBody } from "./app-doctor.ts";
import { permissionsBody } from "./app-permissions.ts";

/** `fairlead app`: the listener's own identity at its Git provider. */
export const appBody: CommandBody = oneOf({
  command: "app",
  field: "action",
  sentence: "action on the listener's App",
  bodies: { create: createBody, doctor: doctorBody, permissions: permissionsBody },
});
