import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRepository } from "../../src/core/git/repository.ts";
import { createGit } from "../../src/git.ts";
import { gitOptions } from "../adapter-options.ts";
import { git as runGit } from "../doubles/bare.ts";
import { startGitServer, type GitServer } from "../doubles/git-server.ts";

let [server, first, last, merge]: [GitServer, string, string, string] = [] as never;

beforeAll(async () => {
  server = await startGitServer();
  const folder = await server.createRepository("acme/app", { files: { "a/one.txt": "1", "b.txt": "1", "c d/ü.txt": "1" } });
  first = await runGit(folder, ["rev-parse", "main"]);
  const topic = await server.commit("acme/app", { branch: "topic", files: { "topic.txt": "1" }, message: "Begin\n\nwith a body\n" });
  last = await server.commit("acme/app", { branch: "main", files: { "a/one.txt": "2", "c d/ü.txt": "2" }, message: "Go on" });
  const tree = await runGit(folder, ["rev-parse", "main^{tree}"]);
  const env = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };
  merge = await runGit(folder, ["commit-tree", tree, "-p", last, "-p", topic, "-m", "Merge it"], { env });
  await runGit(folder, ["update-ref", "refs/heads/main", merge]);
});
afterAll(() => server.stop());

test("the commits of a push are those of its branch and of what it merges, with their messages, whatever was fetched before", async () => {
  await using git = createGit(gitOptions([]));
  const app = parseRepository(`${server.url}/acme/app`);
  await git.resolve(app, merge);
  const messages = async (from: string | null, to: string) =>
    (await git.commitsBetween(app, { from, to }))?.map(({ message }) => message.trim());
  expect((await messages(first, merge))?.sort()).toEqual(["Begin\n\nwith a body", "Go on", "Merge it"]);
  expect(await messages(last, merge)).toEqual(["Merge it", "Begin\n\nwith a body"]);
  expect(await messages(merge, merge)).toEqual([]);
  expect(await messages(null, merge)).toEqual(["Merge it"]);
  expect(await messages(merge, first)).toBeUndefined();
});

test("the paths of a push are those in which its ends differ", async () => {
  await using git = createGit(gitOptions([]));
  const app = parseRepository(`${server.url}/acme/app`);
  expect(await git.pathsBetween(app, { from: first, to: merge })).toEqual(["a/one.txt", "c d/ü.txt"]);
  expect(await git.pathsBetween(app, { from: last, to: merge })).toEqual([]);
  expect((await git.commitsBetween(app, { from: first, to: merge }))?.length).toBe(3);
});
