import type { RegistryKind } from "../core/registry/registry-kind.ts";

/** Any registry that knows a user name and a password or an identity token, or lets everybody in. */
export const generic: RegistryKind = {
  name: "generic",
  permissions: {},
  capabilities: {
    hosts: "any other: Harbor, Quay, Artifact Registry, ACR, distribution",
    logins: "flags, Docker config",
    createsOnPush: "unknown",
    referrers: "unknown",
    mount: "unknown",
    immutableTags: "unknown",
  },
  serves: () => true,
  create: ({ givenLogin, storedLogin }) => ({ login: async (image) => givenLogin(image) ?? (await storedLogin(image)) }),
};
