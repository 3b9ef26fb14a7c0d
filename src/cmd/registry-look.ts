import type { z } from "zod";
import { FairleadError } from "../core/errors.ts";
import type { ImageRef } from "../core/image/image.ts";
import type { Permission } from "../core/permission.ts";
import { withCredentialField } from "../core/run/credential-field.ts";
import { fieldsOf } from "../core/run/fields.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import type { Ports } from "../core/run/ports.ts";
import type { CommandBody, Output } from "./command.ts";
import { withCredentialHint } from "./credential-hint.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { inputOf } from "./run-pipeline.ts";

/** A look at the registry of an image, which changes nothing. */
export interface RegistryLook<S extends z.ZodObject> {
  /** The name of the command, for its errors. */
  readonly name: string;
  readonly input: S;
  /** What the login has to allow. */
  readonly needs: readonly Permission[];
  /** Throws as the registry answers. `word` returns an error with a hint that names the flags of this command. */
  readonly look: (ports: Ports, values: z.output<S>, word: (error: FairleadError) => FairleadError) => Promise<Output>;
}

/** Returns the body of a command that looks at the registry of its `image`. */
export function registryLook<S extends z.ZodObject>({ name, input, needs, look }: RegistryLook<S>): CommandBody {
  const flags = fieldsOf(input);
  return {
    flags: [...flags, plainHttpFlag],
    async run(session, { plainHttp = [], ...given }) {
      const values = parseInput(name, input, await inputOf({ name, input }, flags, given, session));
      const { openRun } = await import("../wire.ts");
      await using open = openRun({ ...session, dryRun: true, servers: { plainHttp: plainHttp as readonly string[] } });
      const scope = { session: `fairlead-${open.options.id}`, images: [values.image as ImageRef], hosts: [], needs, input: values };
      const word = (error: FairleadError): FairleadError => withCredentialHint(withCredentialField(error, input, values), flags);
      try {
        return await look(open.options.ports(credentialsOf(input, values), scope), values, word);
      } catch (error) {
        throw error instanceof FairleadError ? word(error) : error;
      }
    },
  };
}
