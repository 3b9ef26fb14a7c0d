import type { CommandBody } from "./command.ts";
import { doctorAwsBody } from "./doctor-aws.ts";
import { doctorMachineBody } from "./doctor-machine.ts";
import { doctorRegistryBody } from "./doctor-registry.ts";
import { oneOf } from "./one-of.ts";

/** `fairlead doctor`: checks what a run needs, changes nothing, and suggests fixes. */
export const doctorBody: CommandBody = oneOf({
  command: "doctor",
  field: "subject",
  sentence: "part to check more closely",
  bodies: { aws: doctorAwsBody, registry: doctorRegistryBody },
  alone: doctorMachineBody,
});
