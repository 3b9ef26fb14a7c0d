import type { Flag } from "./flag.ts";

/** A variable of the environment, for help: a test holds the list against those that adapters document. */
interface Variable {
  readonly name: string;
  readonly sentence: string;
  /** The flags of the commands that read it: one of them is enough. Without it, all commands do. */
  readonly with?: readonly string[];
}

const git = ["token", "fluxToken", "subject"];
const notifier = ["credentials", "subject"];
const registry = ["registryUsername", "awsRole", "registryPassword"];
const network = ["plainHttp", "config"];

/** All variables that fairlead documents, in the order of help. */
export const variables: readonly Variable[] = [
  { name: "GITHUB_TOKEN", sentence: "Token for GitHub", with: git },
  { name: "GITHUB_SERVER_URL", sentence: "URL of a GitHub Enterprise Server", with: git },
  { name: "GITHUB_API_URL", sentence: "URL of its REST API", with: git },
  { name: "SLACK_BOT_TOKEN", sentence: "Token for Slack", with: notifier },
  { name: "SLACK_API_URL", sentence: "URL of Slack's methods", with: notifier },
  {
    name: "DOCKER_CONFIG",
    sentence: "Folder of Docker's config.json, which has the logins of docker login (default: ~/.docker)",
    with: registry,
  },
  { name: "AWS_*", sentence: "Variables of AWS, such as AWS_PROFILE, for ECR", with: registry },
  { name: "FAIRLEAD_ECR_HOSTS", sentence: "ECR hosts with other names than AWS's", with: registry },
  { name: "FAIRLEAD_ENGINE", sentence: "Dagger engine: auto, docker, native or an address (default: auto)", with: ["engine"] },
  { name: "HTTPS_PROXY, NO_PROXY", sentence: "Proxy, and the hosts that are reached without it", with: network },
  { name: "NODE_EXTRA_CA_CERTS", sentence: "PEM file of more certificates of authorities", with: network },
  { name: "NO_COLOR", sentence: "Print no colors" },
];

/** Returns the variables that a command with these flags reads, each with its sentence. */
export function variablesOf(flags: readonly Flag[]): readonly (readonly [name: string, sentence: string])[] {
  const names = flags.map(({ name }) => name);
  return variables.flatMap(({ name, sentence, with: needs }) =>
    needs === undefined || needs.some((each) => names.includes(each)) ? [[name, sentence] as const] : [],
  );
}
