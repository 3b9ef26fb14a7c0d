import { execFile } from "node:child_process";
import { readFile, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { allowMetadata } from "./deny.ts";
import { library } from "./places.ts";
import { recordPath } from "./process.ts";

const run = promisify(execFile);

/**
 * Removes the traces of an engine that ended or was killed: its dnsmasq, bridge, iptables rules, sockets and files.
 * Layers in the state folder stay.
 */
export async function cleanHost(state: string): Promise<void> {
  await endContainers(state).catch(ignore); // without runc there are no containers either
  await endDnsmasq();
  await run("ip", ["link", "delete", "dagger0"]).catch(ignore);
  await allowMetadata();
  await removeRules().catch(ignore); // without iptables there are no rules either
  const left = [
    "/run/dagger/engine.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/containers/cni/dnsname/dagger",
    "/var/lib/cni/networks/dagger",
  ];
  await Promise.all([...left, recordPath].map((path) => rm(path, { recursive: true, force: true })));
  const resolv = "/etc/dnsmasq-resolv.conf"; // an empty file onto which the engine bound the host's resolv.conf
  if ((await stat(resolv).catch(ignore))?.size === 0) await rm(resolv);
  for (const folder of left.flatMap((path) => [dirname(path), dirname(dirname(path))])) {
    if (folder.split("/").length > 2) await rmdir(folder).catch(ignore); // only where it is empty now
  }
}

/** Ends the containers of the engine: they outlive it, even if the engine was asked to stop. */
async function endContainers(state: string): Promise<void> {
  const runc = join(library, "runc");
  const { stdout } = await run(runc, ["list", "--format", "json"]);
  const containers = (JSON.parse(stdout) ?? []) as readonly { readonly id: string; readonly bundle: string }[];
  const ours = containers.filter(({ bundle }) => bundle.startsWith(join(state, "worker", "executor")));
  for (const { id } of ours) await run(runc, ["delete", "--force", id]).catch(ignore);
}

/**
 * Ends the dnsmasq of a killed engine, which outlives it. It holds port 53 and, with the engine's mount namespace, its
 * network namespaces.
 */
async function endDnsmasq(): Promise<void> {
  const folder = "/run/containers/cni/dnsname/dagger";
  const pid = Number(await readFile(join(folder, "pidfile"), "utf8").catch(ignore));
  const command = (): Promise<string> => readFile(`/proc/${String(pid)}/cmdline`, "utf8").catch(() => "");
  while (pid > 0 && (await command()).includes(`--conf-file=/var${folder}/dnsmasq.conf`)) {
    process.kill(pid, "SIGKILL");
    await delay(20);
  }
}

/**
 * Deletes the rules and chains of CNI for the network `dagger`, and the chains of CNI's firewall plugin once nobody
 * uses them.
 */
async function removeRules(): Promise<void> {
  const nat = await rules("nat");
  for (const rule of nat.filter((words) => words[1] === "POSTROUTING" && words.some((word) => word.startsWith('name: "dagger" ')))) {
    const chain = rule.at(-1) ?? "";
    await iptables("nat", ["-D", ...rule.slice(1)]);
    await iptables("nat", ["-F", chain]);
    await iptables("nat", ["-X", chain]);
  }
  const filter = await rules("filter");
  const forwards = filter.filter((words) => words[0] === "-A" && words[1] === "CNI-FORWARD" && words.at(-1) !== "CNI-ADMIN");
  const ours = forwards.filter((words) => words.some((word) => word.startsWith("10.87.")));
  for (const rule of ours) await iptables("filter", ["-D", ...rule.slice(1)]);
  const used = forwards.length > ours.length || filter.some((words) => words[0] === "-A" && words[1] === "CNI-ADMIN");
  const jump = filter.find((words) => words[1] === "FORWARD" && words.at(-1) === "CNI-FORWARD");
  if (used || jump === undefined) return;
  await iptables("filter", ["-D", ...jump.slice(1)]);
  await iptables("filter", ["-F", "CNI-FORWARD"]);
  await iptables("filter", ["-X", "CNI-FORWARD"]);
  await iptables("filter", ["-X", "CNI-ADMIN"]);
}

/** The rules of a table as `iptables -S` prints them, each split into its words, without the quotes. */
async function rules(table: string): Promise<readonly (readonly string[])[]> {
  const printed = await iptables(table, ["-S"]);
  return printed
    .split("\n")
    .map((line) => (line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []).map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word)));
}

async function iptables(table: string, args: readonly string[]): Promise<string> {
  return (await run("iptables", ["--wait", "-t", table, ...args])).stdout;
}

function ignore(): undefined {
  return undefined;
}
