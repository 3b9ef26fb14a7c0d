import { opens } from "../../src/core/opens.ts";
import { credentialHint } from "../../src/core/credential-hint.ts";
import { withDetails, type FairleadError, type WantedCredential } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";

/** Returns the error, whose hint says where in the configuration the wanted credential is named. */
export function withCredentialHint(error: FairleadError, credentials: ListenerConfig["credentials"]): FairleadError {
  const { wanted } = error;
  if (wanted === undefined) return error;
  const { kind, for: resource } = wanted;
  const place = resource.replace(/^notifier:/, "");
  const named = Object.keys(credentials).find((each) => opens(each, place));
  const ways = [`name it below credentials of fairlead.yaml: ${place}: { ${credentialFields[kind]} }`];
  const hint = credentialHint(error, { ways, used: named === undefined ? undefined : `credentials.${named} of fairlead.yaml` });
  return withDetails(error, { hint });
}

const credentialFields: Readonly<Record<WantedCredential["kind"], string>> = {
  token: "token: env:NAME",
  password: "username: NAME, password: env:NAME",
  "ssh-key": "sshKey: file:PATH, sshKnownHosts: file:PATH",
  "known-hosts": "sshKnownHosts: file:PATH",
};
