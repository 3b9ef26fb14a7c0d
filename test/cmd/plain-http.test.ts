import { expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startGitServer } from "../doubles/git-server.ts";
import { startRegistry } from "../doubles/registry.ts";

test("a Git server of this machine is reached by plain HTTP, as its repository is named with or without http://", async () => {
  await using git = await startGitServer();
  await using registry = await startRegistry();
  await git.createRepository("acme/app", { files: { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" } });
  const image = `${registry.host}/acme/app`;
  const plan = (repository: string): Promise<unknown> => fairlead(["build", repository, "--image", image, "--dry-run", "--json"]);
  const bare = await plan(`${git.host}/acme/app`);
  expect(bare).toMatchObject({ code: 0 });
  expect(bare).toEqual(await plan(`http://${git.host}/acme/app`));
});
