import { givenLogin, type Registry, type RegistryOptions } from "../core/registry/registry.ts";

/** Returns any registry that knows a user name and a password or an identity token, or lets everybody in. */
export function generic({ credentials, storedLogin }: RegistryOptions): Registry {
  return {
    name: "generic",
    abilities: {
      hosts: "any other: Harbor, Quay, Artifact Registry, ACR, distribution",
      logins: "flags, Docker config",
      createsOnPush: "unknown",
      referrers: "unknown",
      mount: "unknown",
      immutableTags: "unknown",
    },
    serves: () => true,
    login: async (image) => givenLogin(credentials, image) ?? (await storedLogin(image)),
  };
}
