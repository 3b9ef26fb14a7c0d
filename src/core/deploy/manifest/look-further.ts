import type { ImageRef } from "../../image/image.ts";
import type { Tree } from "../../git/tree.ts";
import { nameFinder } from "./may-name.ts";
import { lastPart } from "./reference.ts";

/** The number of files that a hint can name and still be readable. */
const namedFiles = 3;

/** Returns why a folder of a tree has no files; undefined if it has some. A tree has no links, so that one is not there. */
export async function whyNoFolder(tree: Tree, folder: string): Promise<string | undefined> {
  if (folder === "") return undefined;
  for await (const path of tree.list({ below: folder })) if (path.startsWith(`${folder}/`)) return undefined;
  for await (const path of tree.list({ matching: (each) => each === folder }))
    if (path === folder) return `${folder} is a file, not a folder`;
  return `there is no folder ${folder}, or it is a link, which is not followed`;
}

/** Returns the files that name the image in JSON, which Kustomize applies and no search of ours reads. */
export async function findJson(tree: Tree, image: ImageRef): Promise<readonly string[]> {
  const isJson = (path: string): boolean => path.endsWith(".json") && !/(?:^|\/)\./.test(path);
  const mayName = nameFinder(image);
  const found: string[] = [];
  for await (const path of tree.list({ matching: isJson, containing: [lastPart(image)] })) {
    if (found.length === namedFiles) break;
    if (isJson(path) && mayName(Buffer.from(await tree.read(path)).toString())) found.push(path);
  }
  return found.sort().map((path) => `${path} names it, and only YAML files are searched`);
}
