/** A listener whose runs ask GitHub as an App. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { git } from "../doubles/bare.ts";
import { startGitHub } from "../doubles/github.ts";
import { fluxFiles, startImages } from "../pipelines/flux.ts";
import { startListener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000 });

test("a run of the listener deploys as the App of the configuration, whose key no process is given by its environment", async () => {
  await using registry = await startImages();
  await using github = await startGitHub();
  const folder = await github.createRepository("acme/flux", { private: true, files: fluxFiles(registry.host) });
  const app = github.createApp({ slug: "acme-fairlead", permissions: { contents: "write", pull_requests: "write", statuses: "read" } });
  github.installApp({ app: app.id, account: "acme" });
  await using stack = new AsyncDisposableStack();
  const keys = await mkdtemp(join(tmpdir(), "fairlead-app-"));
  stack.defer(() => rm(keys, { recursive: true }));
  const key = join(keys, "app.pem");
  await writeFile(key, app.pem);
  await chmod(key, 0o600);
  const repository = `${github.host}/acme/flux`;
  await using listener = await startListener({
    credentials: { [`${github.host}/acme`]: { app: app.id, key: `file:${key}` } },
    servers: { github: { url: github.url, api: github.apiUrl } },
    routes: [
      {
        name: "deploy",
        when: { source: "ci", kind: "push", repository, branch: "next" },
        run: "deploy",
        with: { images: [`${registry.host}/acme/web:1.1.0`], fluxRepository: `${github.url}/acme/flux` },
      },
    ],
    workers: { count: 1 },
  });
  const head = await git(folder, ["rev-parse", "main"]);
  await github.commit("acme/flux", { branch: "next", files: { NEWS: "1\n" }, message: "Tell of it" });
  const commit = await git(folder, ["rev-parse", "next"]);
  const { body } = await listener.deliver({ kind: "push", repository, branch: "next", commit, before: head });
  expect(await listener.run((body.runs as string[])[0]!)).toMatchObject({ state: "succeeded" });
  expect(github.pulls("acme/flux")).toMatchObject([{ user: "acme-fairlead[bot]", base: "main" }]);
  expect(new Set(github.mintedTokens().flatMap(({ repositories }) => repositories ?? ["all"]))).toEqual(new Set(["acme/flux"]));
  for (const { value } of github.mintedTokens()) expect(listener.log()).not.toContain(value);
  expect([...github.violations, ...github.unknown]).toEqual([]);
});
