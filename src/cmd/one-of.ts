import { FairleadError, inputError } from "../core/errors.ts";
import type { CommandBody } from "./command.ts";
import type { Flag } from "./flag.ts";

/** The alternatives of a command, such as the subjects of `doctor`. */
export interface Choice {
  /** The name of the command, for its errors. */
  readonly command: string;
  /** The field of its first argument, and the argument's sentence. */
  readonly field: string;
  readonly sentence: string;
  /** Bodies by the word that is typed, each with its own flags. Flags with the same field are one flag. */
  readonly bodies: Readonly<Record<string, CommandBody>>;
  /** The body of the command without that argument (default: the argument is required). */
  readonly alone?: CommandBody;
}

/** Returns a command whose first argument selects one of several. Throws `input` for a flag of another one. */
export function oneOf({ command, field, sentence, bodies, alone }: Choice): CommandBody {
  const all = allFlags(alone === undefined ? bodies : { ...bodies, "": alone });
  const first: Flag = { name: field, kind: "enum", sentence, required: alone === undefined, positional: 0, choices: Object.keys(bodies) };
  return {
    flags: [first, ...all],
    watches: ({ [field]: chosen, ...values }) => bodies[chosen as string]?.watches?.(values) === true,
    keepsSteps: ({ [field]: chosen, ...values }) => bodies[chosen as string]?.keepsSteps?.(values) === true,
    async run(session, { [field]: chosen, ...values }) {
      const name = chosen as string | undefined;
      const body = name === undefined ? alone : bodies[name];
      if (body === undefined) throw new FairleadError("internal", `${command}: there is no ${name ?? "body"}`);
      assertFlagsFit(command, name ?? `${command} alone`, body.flags, all, values);
      return await body.run(session, values);
    },
  };
}

/** No flag is required by all of them. */
function allFlags(bodies: Choice["bodies"]): readonly Flag[] {
  const flags = new Map(Object.values(bodies).flatMap((body) => body.flags.map((flag) => [flag.name, flag])));
  return [...flags.values()].map((flag) => ({ ...flag, required: false }));
}

/** Throws `input` with the flags that the selected one misses and those that it does not take. */
function assertFlagsFit(
  command: string,
  chosen: string,
  own: readonly Flag[],
  all: readonly Flag[],
  values: Readonly<Record<string, unknown>>,
): void {
  const missing = own.filter((flag) => flag.required && values[flag.name] === undefined);
  const foreign = all.filter((flag) => values[flag.name] !== undefined && !own.some(({ name }) => name === flag.name));
  const fields = [
    ...missing.map(({ name }) => ({ field: name, message: "it is missing" })),
    ...foreign.map(({ name }) => ({ field: name, message: `it is not for ${chosen}` })),
  ];
  if (fields.length > 0) throw inputError(command, fields, `run fairlead ${command} --help`);
}
