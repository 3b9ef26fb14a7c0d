import type { RegistryKind } from "../core/registry/registry-kind.ts";
import type { RegistryLogin } from "../core/registry/registry.ts";

/** https://docs.docker.com/security/for-developers/access-tokens/ */
const hint =
  "give Docker Hub an access token in place of the password (an account with two-factor authentication takes nothing else), with the right Read & Write for a push";

/**
 * Docker Hub. Its host in image references is `docker.io`, its API is at another; in a Docker config it is `https://index.docker.io/v1/`, and its
 * official images are those of `library/`. https://docs.docker.com/docker-hub/
 */
export const dockerHub: RegistryKind = {
  name: "docker-hub",
  permissions: { "registry:pull": ["Read-only"], "registry:push": ["Read & Write"] },
  capabilities: {
    hosts: "docker.io",
    logins: "flags, Docker config",
    createsOnPush: "yes",
    referrers: "unknown",
    // https://docs.docker.com/reference/api/registry/latest/
    mount: "yes",
    // https://docs.docker.com/docker-hub/repos/manage/hub-images/immutable-tags/
    immutableTags: "setting",
  },
  serves: (host) => host === "docker.io",
  // https://docs.docker.com/reference/api/registry/latest/
  endpoint: () => "registry-1.docker.io",
  create: ({ givenLogin, storedLogin }) => ({ login: async (image) => withHint(givenLogin(image) ?? (await storedLogin(image))) }),
};

function withHint(login: RegistryLogin | undefined): RegistryLogin | undefined {
  return login && { ...login, hint };
}
