import { connect } from "node:net";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { CheckAnswer } from "../doctor/registry-checks.ts";
import type { Question } from "../doctor/machine.ts";
import type { EngineStatus } from "../dagger/engine/native.ts";
import type { Session } from "./command.ts";

const oldest = { node: 24, git: [2, 39] } as const;
const gib = 2 ** 30;
/** Bytes below which a build may fill the disk: the engine's programs, and the layers of an image or two. */
const leastFree = 5 * gib;

/** Returns the questions to the programs of this machine. None of them is started, but Git and Docker's client for their versions. */
export function programQuestions({ signal, io: { env } }: Pick<Session, "signal" | "io">): readonly Question[] {
  const setting = env.FAIRLEAD_ENGINE ?? "";
  const host = env._EXPERIMENTAL_DAGGER_RUNNER_HOST ?? "";
  const address = setting.includes("://") ? setting : ["", "auto"].includes(setting) && host !== "" ? host : undefined;
  return [
    { check: "node", needed: true, ask: () => Promise.resolve(askNode()) },
    { check: "git", needed: true, ask: () => askGit(signal) },
    { check: "engine", needed: address !== undefined, ask: () => askEngine(address) },
    { check: "disk", needed: false, ask: askDisk },
    { check: "docker", needed: setting === "docker", ask: () => askDocker(setting) },
  ];
}

function askNode(): CheckAnswer {
  const { node } = process.versions;
  const fits = Number.parseInt(node) >= oldest.node;
  return fits ? { verdict: "yes", detail: node } : { verdict: "no", detail: node, advice: `install Node ${oldest.node} or newer` };
}

async function askGit(signal: AbortSignal): Promise<CheckAnswer> {
  const { gitVersion } = await import("../wire.ts");
  const detail = await gitVersion(signal);
  const [major = 0, minor = 0] = detail.split(".").map(Number);
  const fits = major > oldest.git[0] || (major === oldest.git[0] && minor >= oldest.git[1]);
  return fits ? { verdict: "yes", detail } : { verdict: "no", detail, advice: `install Git ${oldest.git.join(".")} or newer` };
}

/** Asks what is there: none is compiled, and none started. */
async function askEngine(address: string | undefined): Promise<CheckAnswer> {
  if (address !== undefined) return await askAddress(address);
  const [{ engineStatus }, { dockerVersion }] = await Promise.all([
    import("../dagger/engine/native.ts"),
    import("../dagger/engine/docker.ts"),
  ]);
  const { version, running, built, socket }: EngineStatus = await engineStatus();
  if (running) return { verdict: "yes", detail: `${version} runs at unix://${socket}` };
  if ((await dockerVersion()) !== undefined) return { verdict: "yes", detail: "Docker starts one for the first build" };
  if (built) return { verdict: "yes", detail: `${version} is compiled; the first build starts it`, advice: "run fairlead engine start" };
  return {
    verdict: "no",
    detail: `${version} is not compiled, and no Docker answers`,
    advice: "run fairlead engine build, or start Docker",
  };
}

async function askAddress(address: string): Promise<CheckAnswer> {
  const url = URL.parse(address);
  const opened =
    url?.protocol === "unix:"
      ? await opens({ path: url.pathname })
      : url?.protocol === "tcp:" && (await opens({ host: url.hostname, port: Number(url.port) }));
  if (opened) return { verdict: "yes", detail: `one answers at ${address}` };
  if (url?.protocol !== "unix:" && url?.protocol !== "tcp:") return { verdict: "unknown", detail: `${address}: only a connection tells` };
  return { verdict: "no", detail: `none answers at ${address}`, advice: "start it, or set FAIRLEAD_ENGINE to another" };
}

function opens(to: { readonly path: string } | { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(to, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

async function askDisk(): Promise<CheckAnswer> {
  const { engineStatus } = await import("../dagger/engine/native.ts");
  const { state, cache } = await engineStatus();
  const free = await Promise.all([state, cache].map(async (folder) => ({ folder, bytes: await freeBytes(folder) })));
  const detail = free.map(({ folder, bytes }) => `${(bytes / gib).toFixed(1)} GiB free for ${folder}`).join(", ");
  if (free.every(({ bytes }) => bytes >= leastFree)) return { verdict: "yes", detail };
  return { verdict: "no", detail, advice: `free ${leastFree / gib} GiB, or set FAIRLEAD_ENGINE_STATE to a folder on another disk` };
}

/** Returns the bytes that are free where a folder is, or would be. */
async function freeBytes(folder: string): Promise<number> {
  return await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    (error: unknown) => (folder === dirname(folder) ? Promise.reject(error as Error) : freeBytes(dirname(folder))),
  );
}

async function askDocker(setting: string): Promise<CheckAnswer> {
  const { dockerVersion } = await import("../dagger/engine/docker.ts");
  const detail = await dockerVersion();
  if (detail !== undefined) return { verdict: "yes", detail };
  const none = "no daemon answers the docker command";
  if (setting === "docker") return { verdict: "no", detail: none, advice: "start Docker, or unset FAIRLEAD_ENGINE" };
  return { verdict: "unknown", detail: `${none}; the native engine needs none` };
}
