import { FairleadError } from "../core/errors.ts";
import type { CommandBody } from "./command.ts";
import { doctorAwsBody } from "./doctor-aws.ts";
import { doctorRegistryBody } from "./doctor-registry.ts";
import { spelled, type Flag } from "./flag.ts";

/** What can be looked at, each with the flags of its own. */
const subjects: Readonly<Record<string, CommandBody>> = { aws: doctorAwsBody, registry: doctorRegistryBody };

const subjectFlag: Flag = {
  field: "subject",
  kind: "enum",
  sentence: "what to look at",
  required: true,
  positional: 0,
  choices: Object.keys(subjects),
};

/** `fairlead doctor`: looks at what a run needs, changes nothing, and says what to do. */
export const doctorBody: CommandBody = {
  flags: [subjectFlag, ...allFlags()],
  async run(session, { subject, ...values }) {
    const body = subjects[String(subject)];
    if (body === undefined) throw new FairleadError("internal", `doctor: there is no subject ${String(subject)}`);
    refuse(String(subject), body.flags, values);
    return await body.run(session, values);
  },
};

/** No flag is required of every subject. */
function allFlags(): readonly Flag[] {
  const flags = new Map(Object.values(subjects).flatMap((body) => body.flags.map((flag) => [flag.field, flag])));
  return [...flags.values()].map((flag) => ({ ...flag, required: false }));
}

/** Throws `input` that lists what the subject needs and has not, or was given and does not take. */
function refuse(subject: string, flags: readonly Flag[], values: Readonly<Record<string, unknown>>): void {
  const missing = flags.filter((flag) => flag.required && values[flag.field] === undefined);
  const foreign = allFlags().filter(({ field }) => values[field] !== undefined && !flags.some((flag) => flag.field === field));
  const fields = [
    ...missing.map(({ field }) => ({ field, message: "it is missing" })),
    ...foreign.map(({ field }) => ({ field, message: `it is not for ${subject}` })),
  ];
  if (fields.length === 0) return;
  const told = [...missing, ...foreign].map((flag, index) => `${spelled(flag)}: ${fields[index]?.message ?? ""}`);
  throw new FairleadError("input", `doctor: ${told.join("; ")}`, { fields, hint: "run fairlead doctor --help" });
}
