// A run's Git in a process of its own, so that its memory can be measured: `node git-program.ts {"act","url","token"}` prints `{"peak","said"}`.
import { FairleadError } from "../../src/core/errors.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { createGit } from "../../src/git.ts";
import { gitOptions } from "../adapter-options.ts";

const { act, url, token } = JSON.parse(process.argv[2] ?? "") as { act: "push" | "resolve"; url: string; token: string };
const repository = parseRepository(url);
const secret = { name: "token", reveal: () => Promise.resolve(token) };
await using git = createGit(gitOptions([{ for: repository.host, kind: "token", secret }]));

async function perform(): Promise<void> {
  const { sha } = await git.resolve(repository, "main");
  if (act === "resolve") return;
  await git.push({ repository, branch: "b", parent: sha, files: new Map([["b", Buffer.from("b")]]), message: "b", expected: undefined });
}

const said = await perform().then(
  () => "done",
  (error: unknown) => (error instanceof FairleadError ? [`${error.code}: ${error.message}`, ...error.output].join("\n") : String(error)),
);
console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS / 1024, said }));
