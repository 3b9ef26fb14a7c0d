// The addresses that no container reaches over the engine's bridge.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FairleadError } from "../../../core/errors.ts";

const run = promisify(execFile);

/**
 * Link-local addresses, and those of the metadata of Alibaba, Oracle, EC2 and Google in their other networks. A cloud answers there with the keys of
 * the machine's role. Azure's WireServer is its name server too, and stays.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
const denied = [
  ["iptables", "169.254.0.0/16"],
  ["iptables", "100.100.100.200"],
  ["iptables", "192.0.0.192"],
  ["ip6tables", "fd00:ec2::254"],
  ["ip6tables", "fd20:ce::254"],
] as const;

/** It comes before any rule of CNI, for what is forwarded and for what this machine would answer itself. */
function rule(address: string): readonly string[] {
  return ["PREROUTING", "--in-interface", "dagger0", "--destination", address, "--jump", "DROP"];
}

/**
 * Keeps containers on the engine's bridge from these addresses. Repeating it changes nothing.
 * @throws FairleadError `unavailable` when IPv4's rule cannot be made; without IPv6 there is nothing to deny
 */
export async function denyMetadata(): Promise<void> {
  for (const [program, address] of denied) {
    const table = ["--wait", "--table", "raw"];
    const exists = await run(program, [...table, "--check", ...rule(address)]).catch(() => undefined);
    if (exists !== undefined) continue;
    await run(program, [...table, "--append", ...rule(address)]).catch((cause: unknown) => {
      if (program === "ip6tables") return;
      throw new FairleadError("unavailable", `start engine: ${program} cannot keep containers from ${address}`, {
        hint: `run ${program} ${[...table, "--append", ...rule(address)].join(" ")}, and see what it says`,
        cause,
      });
    });
  }
}

/** Removes what `denyMetadata` added. */
export async function allowMetadata(): Promise<void> {
  for (const [program, address] of denied) {
    await run(program, ["--wait", "--table", "raw", "--delete", ...rule(address)]).catch(() => undefined); // there was none
  }
}
