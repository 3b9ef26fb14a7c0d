import { FairleadError } from "../../src/core/errors.ts";
import { suggest } from "../../src/core/text/suggest.ts";
import type { Store } from "../store.ts";

/** A kind of store. Its address is `SCHEME:` and what `open` is given. */
interface StoreKind {
  readonly scheme: string;
  /** A whole address, for people. */
  readonly example: string;
  /** True where the address is the path of a file. */
  readonly isPath: boolean;
  /**
   * Opens a store, which is made if there is none, unless it is wanted for what only an existing one can do. The client of its database is loaded
   * here, and nowhere else.
   */
  open(at: string, existingFor: string | undefined): Promise<Store>;
}

/** All kinds of stores, by scheme. */
const stores: readonly StoreKind[] = [
  {
    scheme: "sqlite",
    example: "sqlite:/var/lib/fairlead/fairlead.db",
    isPath: true,
    open: async (file, existingFor) => await (await import("./sqlite.ts")).openSqlite(file, { existingFor }),
  },
];

/** The address of the store where the configuration names none: a file beside the configuration. */
export const defaultStore = "sqlite:fairlead.db";

/** The addresses of stores as a pattern, for the JSON Schema of the configuration. */
export const storeAddress = new RegExp(`^(${stores.map(({ scheme }) => scheme).join("|")}):.+$`);

/** An address of each kind, for people. */
export const storeExamples: readonly string[] = stores.map(({ example }) => example);

/** Returns what is wrong with an address that is of no kind. Nothing but its scheme is repeated: an address may hold a password. */
export function storeProblem(address: string): string {
  const expected = `expected an address such as ${storeExamples.join(" or ")}`;
  const [, scheme] = /^([a-z][a-z0-9+.-]{0,30}):/i.exec(address) ?? [];
  const schemes = stores.map((kind) => kind.scheme);
  if (scheme === undefined || schemes.includes(scheme)) return expected;
  const near = suggest(scheme, schemes);
  return `there is no kind of store "${scheme}": ${expected}${near === undefined ? "" : `; did you mean "${near}"?`}`;
}

/** Returns an address of a store in which a path is absolute. */
export function absoluteStore(address: string, absolute: (path: string) => string): string {
  const kind = kindOf(address);
  return kind?.isPath === true ? `${kind.scheme}:${absolute(address.slice(kind.scheme.length + 1))}` : address;
}

/**
 * Returns the store at an address such as `sqlite:state/fairlead.db`. Throws `input` for an address of no kind, else what its kind throws.
 * `existingFor` is an action such as `read runs`, for which a store is not made: where there is none, throws `not_found` that begins with it.
 */
export async function openStore(address: string, existingFor?: string): Promise<Store> {
  const kind = kindOf(address);
  if (kind === undefined || !storeAddress.test(address)) throw new FairleadError("input", `open store: ${storeProblem(address)}`);
  return await kind.open(address.slice(kind.scheme.length + 1), existingFor);
}

function kindOf(address: string): StoreKind | undefined {
  return stores.find(({ scheme }) => address.startsWith(`${scheme}:`));
}
