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
  if (name.startsWith("-")) throw unknownFlag(name.split("=", 1).join(""), argv, commands);
  const near = suggest(
    name,
    commands.map((each) => each.name),
  );
  const hint = near === undefined ? "run fairlead --help" : `did you mean fairlead ${near}? run fairlead --help`;
  throw new FairleadError("input", `unknown command "${name}"`, { hint });
}

/** A flag may have been written before its command, where only those of all commands are read. Its value may be a secret, and is not repeated. */
function unknownFlag(flag: string, argv: readonly string[], commands: readonly Command[]): FairleadError {
  const [, ...rest] = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  const command = rest.find((word) => commands.some(({ name }) => name === word));
  if (commonFlags.some((each) => spelled(each) === flag))
    return new FairleadError("input", "there is no command", { hint: "run fairlead --help" });
  if (command === undefined) return new FairleadError("input", `unknown flag ${flag}`, { hint: "run fairlead --help" });
  const hint = `write the flags of a command after it: fairlead ${command} ${flag} …`;
  return new FairleadError("input", `unknown flag ${flag} before the command ${command}`, { hint });
}
