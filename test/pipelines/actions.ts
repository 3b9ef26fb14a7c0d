/** The world of dispatches: a repository at GitHub, and its workflows. */
import { createRedactor, openRun, runPipeline, type Pipeline, type ReportEntry, type RunOptions } from "../../src/library.ts";
import { secretValue } from "../../src/secrets.ts";
import { fairlead, startFairlead, type Ended, type Running } from "../cli.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import type { RunProgress } from "../doubles/github/workflow-actions.ts";

/** The canary: a token that opens everything and must not show anywhere. */
export const token = "ghp_canary0123456789";
export const readerToken = "ghp_canary-reader";
/** The token of another account that may write. */
export const otherToken = "ghp_canary-other";

export const deploy = `name: Deploy
on:
  workflow_dispatch:
    inputs:
      environment: { required: true, type: choice, options: [staging, production] }
      version: { required: false }
jobs: {}
`;
/** A workflow that shows what it was given in the titles of its runs. */
export const bake = `name: Bake
run-name: bake \${{ inputs.image }} \${{ inputs.id }}
on:
  workflow_dispatch:
    inputs:
      image: { default: debian-13 }
      id:
jobs: {}
`;
export const quay = `name: Quay
on:
  repository_dispatch:
    types: [QUAY_BUILD_SUCCESS]
jobs: {}
`;
const lint = "name: Lint\non: push\njobs: {}\n";

export interface ActionsWorld extends AsyncDisposable {
  readonly github: GitHub;
  /** `HOST/acme/app`. */
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the command line. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Runs it with --json, and returns what it prints. It must succeed. */
  json(...args: readonly string[]): Promise<unknown>;
  start(...args: readonly string[]): Running;
  /** Runs a pipeline in this process. A `token` is a text. */
  here(pipeline: Pipeline, input: Readonly<Record<string, unknown>>, options?: Partial<RunOptions>): Promise<unknown>;
  /** Returns what the requests were that changed something. */
  writes(): readonly string[];
  /** Goes on with the newest run. */
  advance(to: RunProgress): void;
  /** Returns the text without the parts that differ from run to run. */
  plain(text: string): string;
}

/** Starts GitHub with the repository acme/app. */
export async function startActions(): Promise<ActionsWorld> {
  const tokens = {
    [token]: { login: "robot", write: ["acme/app"] },
    [readerToken]: { login: "reader", read: ["acme/app"] },
    [otherToken]: { login: "other", write: ["acme/app"] },
  };
  const github = await startGitHub({ tokens });
  const files = { "deploy.yaml": deploy, "bake.yaml": bake, "quay.yml": quay, "lint.yaml": lint };
  const named = Object.entries(files).map(([name, text]) => [`.github/workflows/${name}`, text] as const);
  await github.createRepository("acme/app", { private: true, files: Object.fromEntries(named) });
  const app = `${github.host}/acme/app`;
  const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token };
  const run: ActionsWorld["run"] = (...args) => fairlead(args, env);
  return {
    github,
    app,
    env,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(...args, "--json");
      if (code !== 0) throw new Error(`fairlead ${args.join(" ")}: exit code ${code}\n${stderr}`);
      return JSON.parse(stdout) as unknown;
    },
    start: (...args) => startFairlead(args, env),
    async here(pipeline, input, options = {}) {
      const redactor = createRedactor();
      const servers = { settings: { github: { url: github.url, api: github.apiUrl } } };
      const settings = { dryRun: false, report: () => undefined, signal: new AbortController().signal, redactor, servers };
      await using open = openRun(settings);
      const given = {
        repository: `${github.url}/acme/app`,
        ...input,
        token: secretValue((input.token as string | undefined) ?? token, "token", redactor),
      };
      return await runPipeline(pipeline, { ...open.options, ...options }, given);
    },
    writes: () => github.requests.filter(({ write }) => write).map(({ method, path, status }) => `${method} ${path} ${status}`),
    advance: (to) => github.advanceRun("acme/app", github.workflowRuns("acme/app").at(-1)!.id, to),
    plain: (text) =>
      github
        .workflowRuns("acme/app")
        .reduce((all, { id }, at) => all.replaceAll(String(id), `RUN${at + 1}`), text)
        .replaceAll(github.host, "GITHUB")
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"),
    async [Symbol.asyncDispose]() {
      await github.stop();
      const { unknown, violations } = github;
      if (unknown.length + violations.length > 0) throw new Error(`GitHub: ${[...unknown, ...violations].join("\n")}`);
    },
  };
}

/** Time that passes only while a run waits: each pause does the next of these things. `told` is what people who watch are told. */
export function clock(...meanwhile: readonly (() => unknown)[]): {
  readonly told: string[];
  readonly options: Pick<RunOptions, "began" | "now" | "delay" | "report">;
} {
  let time = Date.now();
  const told: string[] = [];
  const waiting = [...meanwhile];
  return {
    told,
    options: {
      began: new Date(time),
      now: () => new Date(time),
      async delay(milliseconds) {
        time += milliseconds;
        await waiting.shift()?.();
      },
      report: (entry: ReportEntry) => void ((entry.type === "notice" || entry.type === "warning") && told.push(entry.message)),
    },
  };
}
