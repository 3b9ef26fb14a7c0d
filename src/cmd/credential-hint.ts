import { opens } from "../core/opens.ts";
import { credentialHint, type CredentialWords } from "../core/credential-hint.ts";
import { withDetails, type FairleadError, type WantedCredential } from "../core/errors.ts";
import { environmentServers, isSet, tokenVariables } from "../environment.ts";
import { spelled, typed, type Flag } from "./flag.ts";

/** Returns the error, whose hint says by which flag or variable the wanted credential is given, or which of them it came from. */
export function withCredentialHint(error: FairleadError, flags: readonly Flag[], untypedHosts: readonly string[] = []): FairleadError {
  const { wanted } = error;
  if (wanted === undefined) return error;
  const hint =
    wanted.field?.given === true && error.code === "input"
      ? userHint(wanted, flags)
      : credentialHint(error, wordsFor(wanted, flags, untypedHosts));
  return withDetails(error, { hint, wanted: undefined });
}

function wordsFor(
  { kind, for: resource, field }: WantedCredential,
  flags: readonly Flag[],
  untypedHosts: readonly string[],
): CredentialWords {
  const flag = field && flags.find(({ name }) => name === field.name);
  const variable = kind === "token" ? variableFor(resource) : undefined;
  const given = flag && field.given ? spelled(flag) : undefined;
  const used = given ?? (variable !== undefined && isSet(variable) ? variable : undefined);
  const [host = resource] = resource.split("/", 1);
  const ways = [
    ...(variable === undefined ? [] : [`export ${variable}=…`]),
    ...(untypedHosts.includes(host) ? ["type the repository's URL, so that your own credentials are looked for"] : []),
    ...(kind === "password" ? [`run docker login ${host}`] : []),
    ...(kind === "ssh-key" ? ["start your SSH agent", "use its https URL"] : []),
    ...(flag === undefined ? [] : [`give ${flagsOf(flag, field?.of, field?.username, flags)}`]),
  ];
  return { ways, used };
}

/** The examples of references are what a first run has: a variable, or a file of OpenSSH's. */
function flagsOf(flag: Flag, of: string | undefined, username: string | undefined, flags: readonly Flag[]): string {
  const beside = flags.find(({ name }) => name === username);
  const reference = flag.name.startsWith("ssh") ? `file:~/.ssh/${flag.name === "sshKey" ? "id_ed25519" : "known_hosts"}` : "env:NAME";
  const secret = `${spelled(flag)} ${of === undefined ? "" : `${of}=`}${reference}`;
  return beside === undefined ? secret : `${typed(beside)} and ${secret}`;
}

/** The password was given, and the user name was not. */
function userHint({ field }: WantedCredential, flags: readonly Flag[]): string | undefined {
  const flag = flags.find(({ name }) => name === field?.username);
  return flag && `give ${typed(flag)}`;
}

function variableFor(resource: string): string | undefined {
  return tokenVariables(environmentServers()).find((each) => opens(each.for, resource))?.variable;
}
