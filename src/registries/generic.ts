import type { AdapterOptions } from "../core/adapter.ts";
import { findCredential } from "../core/credential.ts";
import { FairleadError } from "../core/errors.ts";
import type { Registry } from "../core/registry.ts";

/** Returns any registry that knows a user name and a password, or lets everybody in. Its `login` throws `input` for a password without a user name. */
export function generic({ credentials }: AdapterOptions): Registry {
  return {
    name: "generic",
    serves: () => true,
    // async: a wrong credential is a rejection, as every other failure of a port is
    // eslint-disable-next-line @typescript-eslint/require-await
    async login(image) {
      const found = findCredential(credentials, `${image.registry}/${image.repository}`, "password");
      if (found === undefined) return undefined;
      if (found.username === undefined) {
        throw new FairleadError("input", `log in to ${image.registry}: the password has no user name`, { hint: "add --registry-username" });
      }
      return { username: found.username, password: found.secret };
    },
  };
}
