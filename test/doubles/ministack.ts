/**
 * A foreign AWS: ministack as STS, ECR and ECR's registry, in memory. It checks no credentials; test/doubles/aws.ts
 * does.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findFreePort, startChild } from "./child.ts";
import { createFolder, createRunning, loopback, type Running } from "./server.ts";

const version = "1.5.33";

/** The folder in which scripts/setup.mjs installs it. */
const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "fairlead", "test-tools", `ministack-${version}`);

/** False where setup could not install it. With CI=true that is an error. */
export const ministackIsThere = existsSync(join(folder, "installed")) || process.env.CI === "true";

export const account = "000000000000";
export const region = "us-east-1";

export interface Ministack extends Running {
  /** The environment variables for using it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts it on a free port. It takes no port 0, and another program may be faster. */
export async function startMinistack(): Promise<Ministack> {
  await using stack = new AsyncDisposableStack();
  const home = await createFolder(stack, "ministack");
  const port = await findFreePort(loopback);
  const settings = [`GATEWAY_PORT=${port}`, `BIND_HOST=${loopback}`, `HOME=${home}`, "IOT_MTLS_ENABLED=0"];
  await startChild(stack, "env", [...settings, join(folder, "bin/ministack")], { log: join(home, "log"), ready: /Running on http:/ });
  const host = `${loopback}:${port}`;
  const env = {
    AWS_ENDPOINT_URL: `http://${host}`,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    FAIRLEAD_ECR_HOSTS: `${host}=${account}/${region}`,
  };
  return { ...createRunning(host, stack.move()), env };
}
