import type { RegistryKind, RegistryOptions } from "../core/registry/registry-kind.ts";
import type { RegistryAdapter, RegistryLogin } from "../core/registry/registry.ts";
import { isFineGrained, refusedToken } from "./ghcr/refused-token.ts";

/** The registry of GitHub Enterprise is at `containers.HOST`. https://docs.github.com/en/enterprise-server/packages/working-with-a-github-packages-registry/working-with-the-container-registry */
const enterprise = "containers.";

/**
 * GitHub's container registry: `ghcr.io`, and `containers.HOST` of a GitHub of one's own. Where nothing else opens it, the token of that GitHub
 * does: in a job of GitHub Actions that is its `GITHUB_TOKEN`, which is made for this.
 * https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry
 */
export const ghcr: RegistryKind = {
  name: "ghcr",
  permissions: { "registry:pull": ["read:packages"], "registry:push": ["write:packages"] },
  capabilities: {
    hosts: "ghcr.io",
    logins: "flags, Docker config, GITHUB_TOKEN",
    createsOnPush: "yes",
    // https://github.com/orgs/community/discussions/208530
    referrers: "no",
    mount: "unknown",
    immutableTags: "no",
  },
  serves: (host, _, gitProvider) => host === "ghcr.io" || (host.startsWith(enterprise) && gitProvider(githubOf(host)) === "github"),
  create: openGhcr,
};

/** Returns the GitHub whose registry it is. */
function githubOf(registry: string): string {
  return registry.startsWith(enterprise) ? registry.slice(enterprise.length) : "github.com";
}

function openGhcr({ credentials, givenLogin, storedLogin, scope, signal }: RegistryOptions): RegistryAdapter {
  const tokenLogin = async (registry: string): Promise<RegistryLogin | undefined> => {
    const permissions = scope.needs.filter((each) => each in ghcr.permissions);
    const token = await credentials.token({ resource: githubOf(registry), permissions, signal });
    // a fine-grained token opens no package, and with it not even a public one could be read
    if (token === undefined || isFineGrained(await token.value.reveal())) return undefined;
    // GitHub looks at the token alone, but there has to be some name
    const end = token.expires === undefined ? {} : { expires: token.expires.getTime() };
    return { username: token.username, password: token.value, ...end };
  };
  return {
    async login(image) {
      const login = givenLogin(image) ?? (await storedLogin(image)) ?? (await tokenLogin(image.registry));
      return login && { ...login, hint: refusedToken(await login.password.reveal(), image, process.env.GITHUB_ACTIONS === "true") };
    },
  };
}
