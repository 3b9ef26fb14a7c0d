import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { adapters } from "../adapters.ts";
import { commonFields, configCredentials, configServers, readConfigText, type CommonConfig } from "../config.ts";
import { pathsBeside } from "../config/file.ts";
import { absoluteCommon } from "../config/paths.ts";
import { asFairleadError, FairleadError } from "../core/errors.ts";
import type { Ports } from "../core/run/ports.ts";
import { speaksPlainHttp } from "../core/servers.ts";
import { revealAll, type Redactor } from "../core/secret.ts";
import type { CheckAnswer } from "../doctor/registry-checks.ts";
import { examineMachine, type Question } from "../doctor/machine.ts";
import type { CommandBody, Session } from "./command.ts";
import { readFileThere } from "./config-file.ts";
import { usualConfig } from "./usual-config.ts";
import { networkQuestions } from "./doctor-network.ts";
import { programQuestions } from "./doctor-programs.ts";
import { outputOf } from "./doctor-registry.ts";
import { serverQuestions, tokenHosts } from "./doctor-servers.ts";
import type { Flag } from "./flag.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { isCi } from "./ci.ts";

const patience = {
  milliseconds: 20_000,
  delay: async (milliseconds: number, signal: AbortSignal) => void (await delay(milliseconds, undefined, { signal })),
};

const configFlag: Flag = {
  name: "config",
  kind: "string",
  sentence: "look at the servers and credentials of this configuration, too",
  byDefault: `only whether the ${usualConfig} of the working folder can be read`,
  placeholder: "FILE",
  required: false,
};

/** `fairlead doctor`: looks at this machine, and at the servers that it has credentials for. It starts nothing and writes nothing. */
export const doctorMachineBody: CommandBody = {
  flags: [configFlag, plainHttpFlag],
  async run(session, { config: path, plainHttp }) {
    const named = typeof path === "string" ? path : undefined;
    const read = await readConfig(named).then(
      (config) => ({ config }),
      (error: unknown) => ({ error }),
    );
    // Only a file that somebody names decides where credentials go, and which commands reveal them: the found one may be anybody's.
    const config = named !== undefined && "config" in read ? read.config : undefined;
    if (config !== undefined) await (await import("./named-config.ts")).warnOfNamedFiles(config, session);
    const ending = new AbortController();
    await using stack = new AsyncDisposableStack();
    const signal = AbortSignal.any([session.signal, ending.signal]);
    try {
      const questions = await questionsOf(stack, { ...session, signal }, config, (plainHttp as readonly string[] | undefined) ?? []);
      const ofConfig: Question = { check: "config", needed: true, ask: () => askConfig(named, read, session.redactor) };
      return outputOf(await examineMachine([...questions, ofConfig], { ...patience, signal: session.signal }));
    } finally {
      ending.abort();
    }
  },
};

async function readConfig(named: string | undefined): Promise<CommonConfig | undefined> {
  const path = named ?? usualConfig;
  const text = await readFileThere(path, { found: named === undefined });
  if (text === undefined) return undefined;
  const { config } = readConfigText(text, { path, schema: z.looseObject(commonFields) });
  return absoluteCommon(config, pathsBeside(path));
}

async function askConfig(
  named: string | undefined,
  read: { readonly config: CommonConfig | undefined } | { readonly error: unknown },
  redactor: Redactor,
): Promise<CheckAnswer> {
  if ("error" in read) throw read.error as Error;
  const { config } = read;
  if (named === undefined) {
    return config === undefined
      ? { verdict: "unknown", detail: `there is no ${usualConfig} in this folder` }
      : {
          verdict: "yes",
          detail: `${usualConfig} can be read; nothing in it was tried`,
          advice: `if it is yours, add --config ${usualConfig}`,
        };
  }
  if (config !== undefined) {
    const { openSecret } = await import("../secrets.ts");
    const credentials = configCredentials(config, (reference, name) => openSecret(reference, name, redactor));
    await revealAll(credentials.map(({ secret }) => secret));
    return { verdict: "yes", detail: `${named}: its credentials and servers can be read` };
  }
  throw new FairleadError("not_found", `read ${named}: there is no such file`, { hint: "name another with --config" });
}

interface Broken {
  readonly error: unknown;
}

/** No registry can be read from a Docker config that cannot be parsed, so it has a line of its own. */
function brokenDockerConfig({ error }: Broken): Question {
  return { check: "registry:docker-config", needed: true, ask: () => Promise.reject(asFairleadError(error)) };
}

async function questionsOf(
  stack: AsyncDisposableStack,
  session: Session,
  config: CommonConfig | undefined,
  plainHttp: readonly string[],
): Promise<readonly Question[]> {
  const { io, redactor, signal } = session;
  const [{ openRun, storedHosts }, { environmentServers }, { openSecret }] = await Promise.all([
    import("../wire.ts"),
    import("../environment.ts"),
    import("../secrets.ts"),
  ]);
  const ofConfig = config === undefined ? undefined : configServers(config);
  const servers = { ...ofConfig, plainHttp: [...plainHttp, ...(ofConfig?.plainHttp ?? [])] };
  const credentials = config === undefined ? [] : configCredentials(config, (reference, name) => openSecret(reference, name, redactor));
  const known = { ...servers, settings: { ...environmentServers().settings, ...ofConfig?.settings } };
  const placesOf = (kind: string): readonly string[] =>
    credentials.flatMap((each) => (each.kind === kind && !each.for.startsWith("notifier:") ? [each.for] : []));
  const hostsOf = (kind: string): readonly string[] => placesOf(kind).map((each) => each.split("/", 1)[0] ?? "");
  const stored = await storedHosts().catch((error: unknown): Broken => ({ error }));
  const tokens = tokenHosts(known, [...hostsOf("token"), ...placesOf("app")]);
  const registries = [...new Set([...("error" in stored ? [] : stored), ...hostsOf("password")])];
  let ports: Ports | undefined;
  const open = (): Ports => {
    const hosts = [...new Set(tokens.map((each) => each.split("/", 1)[0] ?? ""))].map((host) => ({
      host,
      transport: speaksPlainHttp(host, known) ? ("http" as const) : ("https" as const),
    }));
    const scope = { session: "fairlead-doctor", images: [], hosts, needs: [], input: {} };
    const report = (): void => undefined;
    return (ports ??= stack
      .use(openRun({ ...session, report, dryRun: true, servers, credentials, findCredentials: !isCi(io.env) }))
      .options.ports([], scope));
  };
  const isGiven = adapters.gitProviders.some(({ environment }) => (io.env[environment?.token ?? ""] ?? "") !== "");
  const asked = [...(isGiven ? tokenHosts(known, []) : []), ...hostsOf("token"), ...hostsOf("app"), ...registries];
  return [
    ...programQuestions(session),
    ...serverQuestions({ tokens, registries }, open),
    ...("error" in stored ? [brokenDockerConfig(stored)] : []),
    ...networkQuestions(io.env, known, asked, signal),
  ];
}
