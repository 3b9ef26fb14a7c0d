import type { Client } from "@dagger.io/dagger";
import { connectDagger } from "../src/dagger/engine/connect.ts";
import { createGit } from "../src/git.ts";
import { parseRepository, type Repository } from "../src/core/git/repository.ts";
import { gitOptions } from "../test/adapter-options.ts";
import { takeBridgePlace } from "../test/doubles/bridge.ts";
import { startGitServer, type GitServer } from "../test/doubles/git-server.ts";
import type { Bench, Contender, Contest } from "./bench.ts";

const count = 2_000;

export const clone: Bench = {
  name: "clone",
  question: "What does it cost that our own Git clones, and the engine is given files, beside a clone by the engine?",
  notes: [
    `A public repository of ${count} files of 2 kB on this machine. Each clone ends when the engine has made a folder with a file more of it, as a build would.`,
    "The engine's Git keeps the repository, so that a further commit is fetched alone. Ours begins anew with each run and fetches one commit without its history.",
    "A new commit changes one file. Again: the same commit once more, by the same session: the files are equal, and the engine has them.",
    "The engine's own clone would be given the token, which it uses for submodules of any repository, and takes along to where a server redirects.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await startGitServer(stack.use(await takeBridgePlace())));
    const session = await connectDagger({
      engine: "native",
      report: (line) => console.error(line),
      signal: new AbortController().signal,
    });
    stack.defer(() => session.close());
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`part-${at % 40}/file-${at}.txt`, `${at}\n`.repeat(2_000 / `${at}\n`.length)]),
    );
    const use = (open: (dag: Client) => Promise<void>): Promise<void> => session.use("clone", open);
    const contenders = await Promise.all(
      ["a new commit", "again, in one session"].flatMap((row) =>
        [theirs, ours].map(async ({ name, run }) =>
          prepared(server, `acme/${name}-${row}`.replaceAll(" ", "-"), { row, name, files, use, run }),
        ),
      ),
    );
    const ended = stack.move();
    const contest: Contest = { contenders, [Symbol.asyncDispose]: () => ended.disposeAsync() };
    return contest;
  },
};

type Clone = (dag: Client, repository: Repository, sha: string) => Promise<void>;

const theirs: { readonly name: string; readonly run: Clone } = {
  name: "the engine's Git",
  async run(dag, { url }, sha) {
    await dag.git(url).commit(sha).tree({ discardGitDir: true }).withNewFile("made", "").sync();
  },
};

const ours: { readonly name: string; readonly run: Clone } = {
  name: "our Git, and files",
  async run(dag, repository, sha) {
    await using git = createGit(gitOptions([]));
    const fetched = await git.fetchFiles({ repository, sha, date: "2026-01-02T03:04:05Z", submodules: [] });
    await dag.host().directory(fetched!.path).withNewFile("made", "").sync();
  },
};

interface Case {
  readonly row: string;
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly use: (open: (dag: Client) => Promise<void>) => Promise<void>;
  readonly run: Clone;
}

/** Each contender has a repository of its own, so that none finds what another has left in the engine. */
async function prepared(server: GitServer, repository: string, { row, name, files, use, run }: Case): Promise<Contender> {
  const path = repository.replaceAll(/[^\w/-]/g, "");
  await server.createRepository(path, { files });
  let commits = 0;
  let sha = "";
  const commit = async (): Promise<void> => {
    sha = await server.commit(path, { branch: "main", files: { "part-1/file-1.txt": `${++commits}\n` }, message: "Change" });
  };
  await commit();
  const contender = { row, name, run: () => use((dag) => run(dag, parseRepository(`${server.url}/${path}`), sha)) };
  return row === "again, in one session" ? contender : { ...contender, prepare: commit };
}
