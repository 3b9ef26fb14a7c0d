import type { ImageRef } from "../../core/image/image.ts";

/** https://docs.github.com/en/packages/learn-github-packages/about-permissions-for-github-packages */
const classic = "a personal access token (classic) with read:packages, and write:packages for a push";

/** Tells whether it is a fine-grained personal access token: https://github.com/orgs/community/discussions/38467 */
export function isFineGrained(token: string): boolean {
  return token.startsWith("github_pat_");
}

/**
 * Returns what to do when GitHub's container registry refuses a token: its prefix tells of what kind it is.
 * https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
 */
export function refusedToken(token: string, { repository }: ImageRef, inActions: boolean): string {
  if (isFineGrained(token)) return `fine-grained tokens do not open GitHub Packages: give ${classic}`;
  if (!token.startsWith("ghs_"))
    return `give ${classic}, of an account that may use ${repository}, and authorized for the organization's SSO`;
  // https://github.com/orgs/community/discussions/50180
  const app = "the token of a GitHub App cannot push an organization's packages, whatever the App may do";
  const job = `give the job packages: write, and its repository the role Write under Manage Actions access of the package ${repository}`;
  return inActions
    ? `${job}; ${app}: use the job's own GITHUB_TOKEN`
    : `${app}: use GITHUB_TOKEN within GitHub Actions, elsewhere ${classic}`;
}
