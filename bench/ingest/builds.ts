import { randomUUID } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startRegistry } from "../../test/doubles/registry.ts";
import { applicationFiles } from "../../test/pipelines/world.ts";
import { routeOf, type WrittenRoute } from "./listener.ts";

/** Builds that only compute, until they are stopped. */
export interface Builds {
  /** One for each of `branches`. */
  readonly routes: readonly WrittenRoute[];
  readonly branches: readonly string[];
  /** Waits until all are computing, or until none is. */
  running(wanted: boolean): Promise<void>;
}

const branches = ["build-one", "build-two"];
const patience = 300_000;

/** Returns two builds for a listener's routes. */
export async function prepareBuilds(stack: AsyncDisposableStack, folder: string): Promise<Builds> {
  const registry = stack.use(await startRegistry());
  const marks = branches.map((branch) => `${branch}-${randomUUID()}`);
  const routes = branches.map(async (branch, index) => {
    const source = join(folder, marks[index]!);
    await mkdir(source);
    // a forgotten one ends by itself
    const work = JSON.stringify(["/busybox", "timeout", "600", "/busybox", "sh", "-c", `: ${marks[index]}; while :; do :; done`]);
    const files = await applicationFiles(`FROM scratch\nCOPY busybox /busybox\nRUN ${work}\n`);
    for (const [name, file] of Object.entries(files)) {
      await writeFile(join(source, name), typeof file === "string" ? file : file.content, { mode: 0o755 });
    }
    return routeOf(branch, "build", { source, image: `${registry.host}/acme/${branch}:bench` });
  });
  return {
    branches,
    routes: await Promise.all(routes),
    async running(wanted) {
      for (const until = performance.now() + patience; marks.some((mark) => isComputing(mark) !== wanted); await delay(200)) {
        if (performance.now() > until) throw new Error(`ingest: the builds ${wanted ? "do not begin" : "go on"}`);
      }
    },
  };
}

/** Tells whether a process of the build exists: all that run on a native engine are processes of this machine. */
function isComputing(mark: string): boolean {
  return globSync("/proc/[0-9]*/cmdline").some((file) => {
    try {
      const [program, applet, ...rest] = readFileSync(file, "utf8").split("\0");
      return program === "/busybox" && applet === "sh" && rest.join(" ").includes(mark);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}
