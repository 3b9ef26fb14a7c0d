import type { Flag } from "./flag.ts";
import type { Variable } from "./variable.ts";
import { adapterVariables } from "./variables.gen.ts";

/** Variables of no adapter's. */
const common: readonly Variable[] = [
  {
    name: "DOCKER_CONFIG",
    sentence: "Folder of config.json, which has the logins of docker login (default: ~/.docker)",
    with: ["registryPassword", "image", "images"],
  },
  { name: "FAIRLEAD_ENGINE", sentence: "Dagger engine: auto, docker, native or an address (default: auto)", with: ["engine"] },
  { name: "HTTPS_PROXY, NO_PROXY", sentence: "Proxy, and the hosts that are reached without it", with: ["plainHttp", "config"] },
  { name: "NODE_EXTRA_CA_CERTS", sentence: "PEM file of more certificates of authorities", with: ["plainHttp", "config"] },
  { name: "NO_COLOR", sentence: "Print no colors" },
];

/** Returns the variables that a command with these flags reads, each with its sentence. */
export function variablesOf(flags: readonly Flag[]): readonly (readonly [name: string, sentence: string])[] {
  const names = flags.map(({ name }) => name);
  const isRead = ({ with: needs }: Variable): boolean => needs === undefined || needs.some((each) => names.includes(each));
  return [...adapterVariables, ...common].filter(isRead).map(({ name, sentence }) => [name, sentence] as const);
}
