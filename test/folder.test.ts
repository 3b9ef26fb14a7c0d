import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tree } from "../src/core/git/tree.ts";
import { folderTree } from "../src/folder.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-test-folder-"));
  await mkdir(join(folder, "apps/team"), { recursive: true });
  await mkdir(join(folder, ".git"));
  await Promise.all(["README.md", "apps/team/app.yaml", ".git/config"].map((path) => writeFile(join(folder, path), path)));
  await symlink("apps", join(folder, "linked"));
  await symlink("README.md", join(folder, "linked.md"));
});

afterAll(() => rm(folder, { recursive: true }));

async function list(tree: Tree): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of tree.list()) paths.push(path);
  return paths;
}

test("a folder's tree has its regular files, without links and Git's own files", async () => {
  const tree = folderTree(folder);
  const paths = await list(tree);
  expect(paths.sort()).toEqual(["README.md", "apps/team/app.yaml"]);
  expect(Buffer.from(await tree.read("apps/team/app.yaml")).toString()).toBe("apps/team/app.yaml");
});

test("a missing folder or file is an error that names it", async () => {
  const none = join(folder, "none");
  await expect(list(folderTree(none))).rejects.toMatchObject({
    code: "not_found",
    message: `read folder ${none}: it does not exist`,
  });
  const file = join(folder, "README.md");
  await expect(list(folderTree(file))).rejects.toMatchObject({
    code: "not_found",
    message: `read folder ${file}: it is not a folder`,
  });
  await expect(folderTree(folder).read("none")).rejects.toMatchObject({
    code: "not_found",
    message: `read file ${none}: it does not exist`,
  });
});
