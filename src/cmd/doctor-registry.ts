import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { image } from "../core/run/input.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import { loginFields } from "../core/run/registry-fields.ts";
import { examineRegistry, type Examination, type Finding } from "../doctor/registry.ts";
import type { CommandBody, Output, Session } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import { fieldsOf } from "../core/run/fields.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { plainText } from "./progress/workflow-command.ts";
import { inputOf } from "./run-pipeline.ts";
import { painter } from "./style.ts";

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
    return outputOf(await examineRegistry(ports, values.image), session);
  },
};

function outputOf({ findings, failure }: Examination, { io }: Session): Output {
  const error = failure === undefined ? null : failureJson(failureOf(failure, "doctor", [])).error;
  return {
    json: { checks: findings, error },
    text: plainText(findings.flatMap((each) => linesOf(each, io)).join("\n"), io.env),
    ...(failure === undefined ? {} : { failure }),
  };
}

const colours = { yes: "green", no: "red", unknown: "yellow" } as const;

/** Returns the finding as one line, with the advice on the line below. */
function linesOf({ check, verdict, detail, advice }: Finding, io: Session["io"]): readonly string[] {
  const paint = painter(io.stdout, io.env);
  const found = `${check.padEnd(16)}${paint(colours[verdict], verdict.padEnd(9))}${detail}`;
  return advice === null ? [found] : [found, `${" ".repeat(25)}→ ${advice}`];
}
