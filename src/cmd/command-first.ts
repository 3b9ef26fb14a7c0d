import { FairleadError } from "../core/errors.ts";
import { suggest } from "../core/text/suggest.ts";
import type { Command } from "./command.ts";
import { commonFlags, spelled } from "./flag.ts";

/** Returns the words with the flags that all commands have behind the command: `fairlead --json build` is `fairlead build --json`. */
export function commandFirst(typed: readonly string[]): readonly string[] {
  let at = 0;
  for (let length = lengthOf(typed[at]); length > 0; length = lengthOf(typed[at])) at += length;
  const command = typed[at];
  return command === undefined ? typed : [command, ...typed.slice(0, at), ...typed.slice(at + 1)];
}

/** Returns how many words a flag of all commands takes; 0 for any other word, and for help, which comes before all. */
function lengthOf(word = ""): number {
  const flag = commonFlags.find((each) => each.name !== "help" && (word === spelled(each) || word.startsWith(`${spelled(each)}=`)));
  return flag === undefined ? 0 : flag.kind === "boolean" || word.includes("=") ? 1 : 2;
}

/** Returns the command of a name. Throws `input` for what is none, of which `argv` may name one later. */
export function findCommand(name: string, argv: readonly string[], commands: readonly Command[]): Command {
  const found = commands.find((each) => each.name === name);
  if (found !== undefined) return found;
  const flag = name.startsWith("-") ? name.split("=", 1).join("") : undefined;
  const early = flag === undefined ? undefined : earlyFlag(flag, argv, commands);
  if (early !== undefined) throw early;
  const near = suggest(
    flag ?? name,
    commands.map((each) => each.name),
  );
  const hint = near === undefined ? "run fairlead --help" : `did you mean fairlead ${near}? run fairlead --help`;
  throw new FairleadError("input", flag === undefined ? `unknown command "${name}"` : `unknown flag ${flag}`, { hint });
}

/**
 * Returns what is wrong with a flag that is written before its command, where only those of all commands are read; undefined where no command comes.
 * Its value may be a secret, and is not repeated.
 */
function earlyFlag(flag: string, argv: readonly string[], commands: readonly Command[]): FairleadError | undefined {
  if (commonFlags.some((each) => spelled(each) === flag))
    return new FairleadError("input", "there is no command", { hint: "run fairlead --help" });
  const [, ...rest] = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  const command = rest.find((word) => commands.some(({ name }) => name === word));
  if (command === undefined) return undefined;
  const hint = `write the flags of a command after it: fairlead ${command} ${flag} …`;
  return new FairleadError("input", `unknown flag ${flag} before the command ${command}`, { hint });
}
