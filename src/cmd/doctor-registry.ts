import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { image } from "../core/run/input.ts";
import { loginFields } from "../core/run/registry-fields.ts";
import { examineRegistry, type Examination, type Finding } from "../doctor/registry.ts";
import type { CommandBody, Output } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import type { Text } from "../core/text/line.ts";
import { registryLook } from "./registry-look.ts";

const input = z.object({
  image: image().describe("repository whose access is checked, as REGISTRY/REPOSITORY").meta({ positional: 1 }),
  ...loginFields,
  ...registryFields,
});

/** `fairlead doctor registry`: checks access to a registry, and suggests fixes. */
export const doctorRegistryBody: CommandBody = registryLook({
  name: "doctor",
  input,
  needs: ["registry:pull", "registry:push"],
  look: async (ports, { image }, word) => outputOf(await examineRegistry(ports, image, word)),
});

/** Returns findings as the output of a command, with the failure that they come to. */
export function outputOf({ findings, failure }: Examination): Output {
  const error = failure === undefined ? null : failureJson(failureOf(failure, "doctor", [])).error;
  const width = Math.max(16, ...findings.map(({ check }) => check.length + 1));
  return {
    json: { checks: findings, error },
    text: findings.flatMap((each) => linesOf(each, width)),
    ...(failure === undefined ? {} : { failure, tellsFailure: true }),
  };
}

const colours = { yes: "green", no: "red", unknown: "yellow" } as const;

/** Returns the finding as one line, with the advice on the line below. */
function linesOf({ check, verdict, detail, advice }: Finding, width: number): Text {
  const found = [check.padEnd(width), { style: colours[verdict], text: verdict.padEnd(9) }, detail] as const;
  return advice === null ? [found] : [found, `${" ".repeat(width + 9)}→ ${advice}`];
}
