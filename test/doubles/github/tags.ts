/** https://docs.github.com/en/rest/git/tags */
import { git } from "../bare.ts";
import { findType, unsigned } from "./commits.ts";
import { type Answer, notFound, type RepositoryCall, type Route } from "./route.ts";
import { apiUrl, nodeId, repositoryPath } from "./views.ts";

async function getTag({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const sha = params.tag_sha ?? "";
  if ((await findType(repository, sha)) !== "tag") throw notFound();
  const text = await git(repository.folder, ["cat-file", "tag", sha]);
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? "";
  const [, name = "", email = "", seconds = "0"] = /^(.*) <(.*)> (\d+) /.exec(field("tagger")) ?? [];
  const url = apiUrl(state, `${repositoryPath(repository)}/git`);
  const target = { sha: field("object"), type: field("type"), url: `${url}/${field("type")}s/${field("object")}` };
  const tagger = { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z") };
  const message = text.slice(text.indexOf("\n\n") + 2);
  const about = { node_id: nodeId("Tag", sha), sha, url: `${url}/tags/${sha}`, tag: field("tag") };
  return { status: 200, body: { ...about, message, tagger, object: target, verification: unsigned } };
}

export const tags: readonly Route[] = [{ method: "GET", path: "/repos/{owner}/{repo}/git/tags/{tag_sha}", access: "read", handle: getTag }];
