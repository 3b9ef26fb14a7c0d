import { once } from "node:events";
import type { Server } from "node:http";
import { FairleadError } from "../../src/core/errors.ts";
import { bracketed } from "../../src/core/ipv6.ts";

/** Where a server listens; `socket`: the file of a Unix socket that was handed over. */
export type Listening = { readonly host: string; readonly port: number } | { readonly socket: string };

/** The first descriptor that is handed over: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
const firstDescriptor = 3;

/**
 * Has a server listen at an address, or at the socket that systemd has handed to this process: then connections wait there while no listener runs.
 * Throws `unavailable` with the hint when the address cannot be had, and `input` for several sockets.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  env: Readonly<Record<string, string | undefined>>,
  hint = "name another address with listen in the configuration, or stop the program that listens there",
): Promise<Listening> {
  const inherited = descriptorsFor(process.pid, env);
  if (inherited > 1) {
    throw new FairleadError("input", `listen: systemd hands over ${inherited} sockets, and one is expected`, {
      hint: "write one ListenStream in the socket unit",
    });
  }
  server.listen(inherited === 1 ? { fd: firstDescriptor } : { port, host });
  await once(server, "listening").catch((error: unknown) => {
    const where = inherited === 1 ? `descriptor ${firstDescriptor}` : `${bracketed(host)}:${port}`;
    const code = (error as NodeJS.ErrnoException).code ?? "it cannot be";
    throw new FairleadError("unavailable", `listen at ${where}: ${listenProblems[code] ?? code}`, { hint });
  });
  const address = server.address()!;
  return typeof address === "string" ? { socket: address } : { host: address.address, port: address.port };
}

const listenProblems: Readonly<Record<string, string>> = {
  EACCES: "this user may not listen there",
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this machine has no such address",
};

/** Returns how many sockets were handed to a process. What was handed to its parent is not for it. */
function descriptorsFor(pid: number, { LISTEN_PID, LISTEN_FDS }: Readonly<Record<string, string | undefined>>): number {
  return LISTEN_PID === String(pid) && /^\d{1,4}$/.test(LISTEN_FDS ?? "") ? Number(LISTEN_FDS) : 0;
}
