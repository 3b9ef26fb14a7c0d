/** The application's and the Flux repository. A commit of the application comes to `main` by a pull request, where it is reported. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitHub } from "../../test/doubles/github.ts";
import { finished } from "./process.ts";

export const application = "harbour/tide";
export const fleet = "harbour/fleet";

export interface Filling {
  readonly github: GitHub;
  readonly token: string;
  /** What stays of the demo. */
  readonly home: string;
  /** The working copy of the application. */
  readonly work: string;
  /** The application's image without tag. */
  readonly image: string;
}

const files = import.meta.dirname;

/** Fills both repositories the first time. Each time, it brings the commits of the working copy to `main`. */
export async function fillRepositories(filling: Filling): Promise<void> {
  const { github, work } = filling;
  if (!existsSync(work)) {
    await github.createRepository(application, { private: true });
    await github.createRepository(fleet, { private: true });
    await fillFleet(filling);
    await mkdir(work);
    await cp(join(files, "app", "README.md"), join(work, "README.md"));
    await commitAll(filling, work, "Begin");
    await push(filling, work, application, "main");
    await cp(join(files, "app"), work, { recursive: true });
    await commitAll(filling, work, "Print the next high water");
  }
  await mergeWork(filling);
}

async function fillFleet(filling: Filling): Promise<void> {
  const folder = join(filling.home, "fleet");
  await cp(join(files, "flux"), folder, { recursive: true });
  const manifest = join(folder, "apps/tide/cronjob.yaml");
  await writeFile(manifest, (await readFile(manifest, "utf8")).replace("REGISTRY/harbour/tide", filling.image));
  await commitAll(filling, folder, "Run the harbour");
  await push(filling, folder, fleet, "main");
  await rm(folder, { recursive: true });
}

/** Opens a pull request of what is new, and merges it. One that was opened before and not merged is taken up. */
async function mergeWork(filling: Filling): Promise<void> {
  const { github, work } = filling;
  const remote = `${github.url}/${application}`;
  await git(filling, work, "fetch", "--quiet", remote, "main");
  if ((await git(filling, work, "rev-list", "FETCH_HEAD..HEAD")) === "") return;
  await push(filling, work, application, "next");
  const open = github.pulls(application).find(({ state }) => state === "open");
  await github.mergePull(application, open?.number ?? (await openPull(filling)));
  await git(filling, work, "pull", "--quiet", "--ff-only", remote, "main");
}

/** Returns its number. */
async function openPull(filling: Filling): Promise<number> {
  const title = (await git(filling, filling.work, "log", "-1", "--format=%s")).trim();
  const response = await fetch(`${filling.github.apiUrl}/repos/${application}/pulls`, {
    method: "POST",
    headers: { authorization: `Bearer ${filling.token}`, "content-type": "application/json" },
    body: JSON.stringify({ title, head: "next", base: "main" }),
  });
  if (response.status !== 201) throw new Error(`open pull request of ${application}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { readonly number: number }).number;
}

async function commitAll(filling: Filling, folder: string, message: string): Promise<void> {
  const who = ["-c", "user.name=harbour", "-c", "user.email=harbour@example.com"];
  if (!existsSync(join(folder, ".git"))) await git(filling, folder, "init", "--quiet", "--initial-branch=main");
  await git(filling, folder, "add", "--all");
  await git(filling, folder, ...who, "commit", "--quiet", "-m", message);
}

async function push(filling: Filling, folder: string, repository: string, branch: string): Promise<void> {
  await git(filling, folder, "push", "--quiet", "--force", `${filling.github.url}/${repository}`, `HEAD:refs/heads/${branch}`);
}

/** Returns what Git prints. */
async function git({ home, token }: Filling, folder: string, ...args: readonly string[]): Promise<string> {
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  const config = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "http.extraheader", GIT_CONFIG_VALUE_0: header };
  const child = spawn("git", ["-C", folder, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, HOME: home, ...config },
  });
  const printed = await finished(child);
  if (printed === undefined) throw new Error(`git ${args.join(" ")} failed in ${folder}`);
  return printed;
}
