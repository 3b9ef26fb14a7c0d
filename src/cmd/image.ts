import { fieldsOf } from "../core/run/fields.ts";
import { imageRepair } from "../pipelines/image-repair.ts";
import type { CommandBody } from "./command.ts";
import { dryRunFlag } from "./flag.ts";
import { imageDigestBody, imageInspectBody, imageListBody } from "./image-read.ts";
import { oneOf } from "./one-of.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { runPipelineCommand } from "./run-pipeline.ts";

const fields = fieldsOf(imageRepair.input);

const repairBody: CommandBody = {
  flags: [...fields, dryRunFlag, plainHttpFlag],
  keepsSteps: ({ dryRun }) => dryRun !== true,
  run: (session, values) => runPipelineCommand(imageRepair, fields, session, values),
};

/** `fairlead image`: what is done to images that are in a registry already. */
export const imageBody: CommandBody = oneOf({
  command: "image",
  field: "action",
  sentence: "action on images of a registry",
  bodies: { digest: imageDigestBody, inspect: imageInspectBody, ls: imageListBody, repair: repairBody },
});
