import type { Flag } from "../../src/cmd/flag.ts";
import { configFlag } from "./config-flag.ts";

const own: readonly Flag[] = [
  {
    name: "url",
    kind: "string",
    sentence: "have deliveries sent to the listener below this URL, such as https://hooks.example.com",
    placeholder: "https://HOST",
    required: true,
  },
  {
    name: "organization",
    kind: "string",
    sentence: "create the App for this organization, which you own",
    byDefault: "for yourself",
    placeholder: "ORG",
    required: false,
  },
  {
    name: "name",
    kind: "string",
    sentence: "suggest this name for the App",
    byDefault: "fairlead- and the organization, or the host",
    placeholder: "TEXT",
    required: false,
  },
  {
    name: "envFile",
    kind: "string",
    sentence: "add the secrets to this file of variables, with mode 0600",
    byDefault: "files in the folder github-app beside the configuration",
    placeholder: "PATH",
    required: false,
  },
  {
    name: "kubernetesSecret",
    kind: "string",
    sentence: "write the secrets to NAME.secret.yaml, the manifest of a Kubernetes Secret of this name",
    placeholder: "NAME",
    required: false,
  },
  { name: "stdout", kind: "boolean", sentence: "print the secrets to stdout, and write them to no file", required: false },
  {
    name: "browser",
    kind: "enum",
    sentence: "open the page in the browser of this machine, or only print its address to stderr",
    choices: ["auto", "none"],
    default: "auto",
    required: false,
  },
  {
    name: "port",
    kind: "int",
    sentence: "serve the page at this port of 127.0.0.1, such as for a tunnel to the browser of another machine",
    byDefault: "any that is free",
    required: false,
  },
  {
    name: "wait",
    kind: "boolean",
    sentence: "end as soon as the App is there, and leave its installation for later",
    default: true,
    required: false,
  },
];

/** The flags of `app create`. Those that are its alone are a group of the help of `app`. */
export const createFlags: readonly Flag[] = [configFlag, ...own.map((flag) => ({ ...flag, group: "Create" as const }))];
