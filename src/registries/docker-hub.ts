import { givenLogin, type Registry, type RegistryLogin, type RegistryOptions } from "../core/registry/registry.ts";

/** https://docs.docker.com/security/for-developers/access-tokens/ */
const hint =
  "give Docker Hub an access token in place of the password (an account with two-factor authentication takes nothing else), with the right Read & Write for a push";

/**
 * Returns Docker Hub. Its host in image references is `docker.io`; in a Docker config it is `https://index.docker.io/v1/`, and its
 * official images are those of `library/`. https://docs.docker.com/docker-hub/
 */
export function dockerHub({ credentials, storedLogin }: RegistryOptions): Registry {
  return {
    name: "docker-hub",
    abilities: {
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
    login: async (image) => withHint(givenLogin(credentials, image) ?? (await storedLogin(image))),
  };
}

function withHint(login: RegistryLogin | undefined): RegistryLogin | undefined {
  return login && { ...login, hint };
}
