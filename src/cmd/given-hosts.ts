import type { z } from "zod";
import { adapters } from "../adapters.ts";
import { imagesOf, repositoriesOf } from "../core/run/parsed-input.ts";
import { environmentServers } from "../environment.ts";
import type { Values } from "./command.ts";

/** Returns the registries and Git hosts that values of a pipeline name. What cannot be read names none. */
export function hostsIn(input: z.ZodObject, values: Values): readonly string[] {
  return [...imagesOf(input, parsed(input, values)).map(({ registry }) => registry), ...gitHostsIn(input, values)];
}

/** Returns the Git hosts that values of a pipeline name. */
export function gitHostsIn(input: z.ZodObject, values: Values): readonly string[] {
  return repositoriesOf(input, parsed(input, values)).map(([, { host }]) => host);
}

function parsed(input: z.ZodObject, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const read = (input.shape[name] as z.ZodType | undefined)?.safeParse(value);
      return read?.success === true ? [[name, read.data] as const] : [];
    }),
  );
}

/** Returns the Git hosts that the environment names. */
export function hostsOfEnvironment(): readonly string[] {
  const { settings } = environmentServers();
  return adapters.gitProviders.flatMap((kind) => {
    const host = settings[kind.name] === undefined ? undefined : kind.tokenHost?.(settings[kind.name]);
    return host === undefined ? [] : [host];
  });
}
