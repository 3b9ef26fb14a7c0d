import { FairleadError } from "../../src/core/errors.ts";
import type { Store } from "../store.ts";
import { openSqlite } from "./sqlite.ts";

/** All kinds of stores: how the address of one begins, and what opens it. */
const stores: readonly { readonly scheme: string; open(at: string): Promise<Store> }[] = [{ scheme: "sqlite:", open: openSqlite }];

/** Returns the store at an address such as `sqlite:state/fairlead.db`, made if there is none. Throws `input` for an address of no kind, else as its kind does. */
export async function openStore(address: string): Promise<Store> {
  const kind = stores.find(({ scheme }) => address.startsWith(scheme));
  const at = address.slice(kind?.scheme.length);
  if (kind === undefined || at === "") {
    throw new FairleadError("input", "open store: its address is of no kind that there is", { hint: "write sqlite:PATH" });
  }
  return await kind.open(at);
}
