import { expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startGitServer } from "../doubles/git-server.ts";
import { startRegistry } from "../doubles/registry.ts";

test("a Git server of this machine is reached by plain HTTP, as its repository is named with or without http://", async () => {
  await using git = await startGitServer();
  await using registry = await startRegistry();
  await git.createRepository("acme/app", { files: { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" } });
  const image = `${registry.host}/acme/app`;
  // Its stderr has how long it took, so only its answer is compared.
  const plan = async (repository: string): Promise<unknown> => {
    const { code, stdout } = await fairlead(["build", repository, "--image", image, "--dry-run", "--json"]);
    return { code, stdout };
  };
  const bare = await plan(`${git.host}/acme/app`);
  expect(bare).toMatchObject({ code: 0 });
  expect(bare).toEqual(await plan(`http://${git.host}/acme/app`));
});
