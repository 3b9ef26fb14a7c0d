import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { image } from "../core/run/input.ts";
import { loginFields } from "../core/run/registry-fields.ts";
import { examineRegistry, type Examination, type Finding } from "../doctor/registry.ts";
import type { CommandBody, Output } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import type { Text } from "../core/text/line.ts";
import { wrap } from "../core/text/wrap.ts";
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

/** Returns findings as the output of a command, with the failure that they come to. Their words are laid out for `columns` (default: each on one line). */
export function outputOf({ findings, failure }: Examination, columns = Infinity): Output {
  const error = failure === undefined ? null : failureJson(failureOf(failure, "doctor", [])).error;
  const width = Math.max(16, ...findings.map(({ check }) => check.length + 1));
  return {
    json: { checks: findings, error },
    text: findings.flatMap((each) => linesOf(each, width, columns)),
    ...(failure === undefined ? {} : { failure, tellsFailure: true }),
  };
}

const verdictWidth = 9;
/** The fewest columns that words have beside a verdict: with less, they go below it. */
const leastWidth = 24;
const colours = { yes: "green", no: "red", unknown: "yellow" } as const;

/** Returns the finding, with the advice below it. */
function linesOf({ check, verdict, detail, advice }: Finding, width: number, columns: number): Text {
  const beside = width + verdictWidth;
  const indent = columns - beside < leastWidth ? 4 : beside;
  const below = (text: string, sign: string): readonly string[] => {
    const lines = columns === Infinity ? [text] : wrap(text.split(" "), columns - indent - sign.length);
    return lines.map((line, index) => `${" ".repeat(indent)}${index === 0 ? sign : " ".repeat(sign.length)}${line}`);
  };
  const [first = "", ...rest] = below(detail, "");
  const head = [check.padEnd(width), { style: colours[verdict], text: verdict.padEnd(verdictWidth) }] as const;
  const told: Text = indent < beside ? [[...head], first, ...rest] : [[...head, first.trimStart()], ...rest];
  return advice === null ? told : [...told, ...below(advice, "→ ")];
}
