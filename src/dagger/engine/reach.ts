// Whether an engine's address can be reached, before `dagger` is started: that one would ask a closed port again for two minutes.
import { connect, type NetConnectOpts } from "node:net";
import { FairleadError } from "../../core/errors.ts";
import { hostAndPort } from "./setting.ts";

/** Milliseconds that a distant machine may take to accept a connection. */
const deadline = 10_000;

/**
 * Waits until a connection to a `tcp://` or `unix://` address is accepted, and closes it. For another kind of address `dagger` knows the way.
 * @throws FairleadError `unavailable` (refused, no such host, no answer), `forbidden` (a socket of others), `canceled`
 */
export async function assertReachable(address: string, signal: AbortSignal): Promise<void> {
  const target = targetOf(address);
  if (target === undefined) return;
  const late = AbortSignal.timeout(deadline);
  const cause = await knock(target, AbortSignal.any([signal, late]));
  if (signal.aborted) throw new FairleadError("canceled", "connect to engine: canceled");
  if (cause !== undefined) throw explain(address, target, late.aborted ? "ETIMEDOUT" : cause);
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number };

function targetOf(address: string): Target | undefined {
  const [, path] = /^unix:\/\/(.+)$/.exec(address) ?? [];
  if (path !== undefined) return { path };
  return address.startsWith("tcp://") ? hostAndPort(address) : undefined;
}

/** Returns the code of the error by which a connection failed; undefined once it is accepted. */
function knock(target: NetConnectOpts, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, signal } as NetConnectOpts, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

function explain(address: string, target: Target, code: string): FairleadError {
  if ("path" in target && code === "EACCES") {
    return new FairleadError("forbidden", `connect to engine: this user may not use ${target.path}`, {
      hint: "add the user to the group that FAIRLEAD_ENGINE_GROUP named when the engine was started",
    });
  }
  const cause = "path" in target ? causeOfPath(target.path, code) : causeOfHost(target, code);
  return new FairleadError("unavailable", `connect to engine: ${cause}`, {
    hint: "path" in target ? "start that engine, or name another with --engine" : `start the engine at ${address}, or name another with --engine`,
  });
}

function causeOfPath(path: string, code: string): string {
  if (code === "ENOENT") return `there is no socket ${path}`;
  return code === "ECONNREFUSED" ? `nothing answers on the socket ${path}` : `cannot open the socket ${path} (${code})`;
}

function causeOfHost({ host, port }: { readonly host: string; readonly port: number }, code: string): string {
  if (code === "ECONNREFUSED") return `${host} refuses connections on port ${String(port)}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `no name server knows ${host}`;
  if (code === "ETIMEDOUT") return `${host} does not answer on port ${String(port)}`;
  return `cannot reach ${host} on port ${String(port)} (${code})`;
}
