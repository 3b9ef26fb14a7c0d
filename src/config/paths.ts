/** Returns a path of a configuration as an absolute one: a relative path counts from the folder that its file is in. */
export type Absolute = (path: string) => string;

/** Returns a reference to a secret, of which a file's path is absolute. `~/` is the home folder already. */
export function absoluteReference(reference: string, absolute: Absolute): string {
  const [, path] = /^file:(?!~\/)(.+)$/s.exec(reference) ?? [];
  return path === undefined ? reference : `file:${absolute(path)}`;
}

/** Returns a reference, a list of them, or references by name, each as `absoluteReference` does. */
export function absoluteReferences(value: unknown, absolute: Absolute): unknown {
  if (typeof value === "string") return absoluteReference(value, absolute);
  if (Array.isArray(value)) return value.map((each: unknown) => absoluteReferences(each, absolute));
  return mapValues(value as Readonly<Record<string, unknown>>, (each) => absoluteReferences(each, absolute));
}

/** The parts of every configuration that name files, as they are written. */
interface Written {
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly servers?: { readonly tls?: { readonly ca: string } | undefined };
}

/** Returns what every entry point reads of a configuration, with absolute paths. What is not there is not added. */
export function absoluteCommon<C extends Written>(config: C, absolute: Absolute): C {
  const { credentials, servers } = config;
  return {
    ...config,
    ...(credentials !== undefined && { credentials: mapValues(credentials, (each) => mapReferences(each, absolute)) }),
    ...(servers?.tls !== undefined && {
      servers: { ...servers, tls: { ...servers.tls, ca: absoluteReference(servers.tls.ca, absolute) } },
    }),
  };
}

function mapReferences<T extends Readonly<Record<string, unknown>>>(credential: T, absolute: Absolute): T {
  const isReference = (name: string): boolean => !["username", "app"].includes(name);
  return mapValues(credential, (value, name) =>
    typeof value === "string" && isReference(name) ? absoluteReference(value, absolute) : value,
  ) as T;
}

/** Returns a mapping with other values under the same names. */
export function mapValues<T, U>(given: Readonly<Record<string, T>>, to: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, to(value, name)]));
}
