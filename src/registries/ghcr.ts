import { findCredential } from "../core/credential.ts";
import { givenLogin, type Registry, type RegistryLogin, type RegistryOptions } from "../core/registry/registry.ts";
import { isFineGrained, refusedToken } from "./ghcr/refused-token.ts";

/**
 * Returns GitHub's container registry: `ghcr.io`, and `containers.HOST` of a GitHub of one's own. Where nothing else opens it, the
 * token of that GitHub does: in a job of GitHub Actions that is its `GITHUB_TOKEN`, which is made for this.
 * https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry
 */
export function ghcr({ credentials, servers, storedLogin }: RegistryOptions): Registry {
  const hosts = new Map([["ghcr.io", "github.com"]]);
  if (servers.github !== undefined) hosts.set(`containers.${servers.github.host}`, servers.github.host);
  const tokenLogin = async (registry: string): Promise<RegistryLogin | undefined> => {
    const token = findCredential(credentials, hosts.get(registry) ?? "", "token");
    // a fine-grained token opens no package, and with it not even a public one could be read
    if (token === undefined || isFineGrained(await token.secret.reveal())) return undefined;
    // GitHub looks at the token alone, but there has to be some name
    return { username: token.username ?? "x-access-token", password: token.secret };
  };
  return {
    name: "ghcr",
    abilities: {
      hosts: "ghcr.io",
      logins: "flags, Docker config, GITHUB_TOKEN",
      createsOnPush: "yes",
      // https://github.com/orgs/community/discussions/208530
      referrers: "no",
      mount: "unknown",
      immutableTags: "no",
    },
    serves: (host) => hosts.has(host),
    async login(image) {
      const login = givenLogin(credentials, image) ?? (await storedLogin(image)) ?? (await tokenLogin(image.registry));
      return login && { ...login, hint: refusedToken(await login.password.reveal(), image, process.env.GITHUB_ACTIONS === "true") };
    },
  };
}
