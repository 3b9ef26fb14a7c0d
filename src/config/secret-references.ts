/** What opens one host, repository or notifier: references to secrets, such as `env:TOKEN`. */
interface References {
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly key?: string | undefined;
  readonly sshKey?: string | undefined;
}

/** Returns the references to all secrets of the credentials of a configuration. Known hosts are none. */
export function secretReferences({ credentials }: { readonly credentials: Readonly<Record<string, References>> }): readonly string[] {
  return Object.values(credentials)
    .flatMap(({ password, token, key, sshKey }) => [password, token, key, sshKey])
    .filter((each) => each !== undefined);
}
