// The command line. bin/fairlead.ts starts it.
import { commands } from "../src/cmd/index.ts";
import { processIo } from "../src/cmd/io.ts";
import { main } from "../src/cmd/main.ts";
import { listenerCommands } from "../webhook/commands.ts";

process.exitCode = await main(process.argv.slice(2), processIo(), [...commands, ...listenerCommands]);
