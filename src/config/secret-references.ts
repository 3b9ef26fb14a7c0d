import type { CommonConfig } from "../config.ts";

/** Returns the references to all secrets of the credentials of a configuration. Known hosts are none. */
export function secretReferences({ credentials }: Pick<CommonConfig, "credentials">): readonly string[] {
  return Object.values(credentials)
    .flatMap(({ password, token, key, sshKey }) => [password, token, key, sshKey])
    .filter((each) => each !== undefined);
}
