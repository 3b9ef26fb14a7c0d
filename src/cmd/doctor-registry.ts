import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { image } from "../core/run/input.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import { loginFields } from "../core/run/registry-fields.ts";
import { examineRegistry, type Examination, type Finding } from "../doctor/registry.ts";
import type { CommandBody, Output } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import { fieldsOf } from "../core/run/fields.ts";
import type { Text } from "../core/text/line.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { inputOf } from "./run-pipeline.ts";

const input = z.object({
  image: image().describe("repository whose access is checked, as REGISTRY/REPOSITORY").meta({ positional: 1 }),
  ...loginFields,
  ...registryFields,
});

const flags = fieldsOf(input);

/** `fairlead doctor registry`: checks access to a registry, and suggests fixes. */
export const doctorRegistryBody: CommandBody = {
  flags: [...flags, plainHttpFlag],
  async run(session, { plainHttp = [], ...given }) {
    const values = parseInput("doctor", input, await inputOf({ name: "doctor", input }, flags, given, session));
    const { openRun } = await import("../wire.ts");
    await using open = openRun({ ...session, dryRun: true, servers: { plainHttp: plainHttp as readonly string[] } });
    const scope = {
      session: `fairlead-${open.options.id}`,
      images: [values.image],
      needs: ["registry:pull", "registry:push"],
      input: values,
    } as const;
    const ports = open.options.ports(credentialsOf(input, values), scope);
    return outputOf(await examineRegistry(ports, values.image));
  },
};

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
