/** The world of `fairlead build`: a Git server and a registry. */
import { startGitServer, type GitServer } from "../doubles/git-server.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { fairlead } from "../cli.ts";
import { applicationFiles } from "./world.ts";

/** The canary: a token that opens every repository and must not show anywhere. */
export const gitToken = "glpat-canary0123456789";

/** The output of `fairlead build --json`. */
export interface Built {
  readonly image: string;
  readonly digest: string;
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
  readonly tags: readonly string[];
  readonly source: string;
  readonly commit: string | null;
}

export interface Workshop extends AsyncDisposable {
  readonly git: GitServer;
  readonly registry: Registry;
  /** Makes a public repository with these files beside a busybox, and returns its first commit. */
  createRepository(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Returns the URL of a repository. */
  url(name: string): string;
  /** Runs `fairlead build --json`, which must succeed. */
  build(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Built & { readonly stderr: string }>;
  /** Runs `fairlead build`, which must fail. Returns its exit code and messages. */
  failedBuild(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Arguments for an engine that does not exist: a run with these has not needed one. */
export const noEngine = ["--engine", "unix:///nowhere/engine.sock"] as const;

export async function startWorkshop(): Promise<Workshop> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry());
  const git = stack.use(await startGitServer({ tokens: { [gitToken]: { login: "robot", read: ["*"] } } }));
  const ended = stack.move();
  return {
    git,
    registry,
    createRepository: async (name, files) => {
      await git.createRepository(name);
      return git.commit(name, { branch: "main", files: { ...(await applicationFiles()), ...files }, message: "Begin" });
    },
    url: (name) => `${git.url}/${name}`,
    async build(args, env = {}) {
      const { code, stdout, stderr } = await fairlead(["build", "--json", ...args], env);
      if (code !== 0) throw new Error(`fairlead build ${args.join(" ")}: exit code ${code}\n${stderr}`);
      return { ...(JSON.parse(stdout) as Built), stderr };
    },
    async failedBuild(args, env = {}) {
      const { code, stdout, stderr } = await fairlead(["build", ...args], env);
      if (code === 0) throw new Error(`fairlead build ${args.join(" ")}: it succeeded\n${stdout}`);
      return { code, stderr };
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
