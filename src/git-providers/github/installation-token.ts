/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const prefix = "ghs_";

/** Tells whether it is the token of an App's installation, as that of a job of GitHub Actions is. */
export function isInstallationToken(token: string): boolean {
  return token.startsWith(prefix);
}
