/** https://docs.github.com/en/rest/repos/contents#get-repository-content */
import { gitBytes } from "../bare.ts";
import { findCommit } from "./commits.ts";
import { encode, listTree, type TreeEntry } from "./objects.ts";
import { type Answer, notFound, refuse, type RepositoryCall, type Route } from "./route.ts";
import { apiUrl, repositoryPath } from "./views.ts";

const kinds: Readonly<Record<string, string>> = { "040000": "dir", "120000": "symlink", "160000": "submodule" };
const kind = ({ mode }: TreeEntry): string => kinds[mode] ?? "file";

async function getContent(call: RepositoryCall): Promise<Answer> {
  const ref = call.query.ref ?? call.repository.defaultBranch;
  const commit = await findCommit(call.repository, ref);
  if (commit === undefined) throw refuse(404, `No commit found for the ref ${ref}`);
  const path = (call.params.path ?? "").replace(/^\/+|\/+$/g, "");
  const [entry] = path === "" ? [] : await listTree(call.repository.folder, [commit, "--", path]);
  if (path !== "" && !entry) throw notFound();
  if (entry && kind(entry) !== "dir") return answerFile(call, ref, entry);
  const list = await listTree(call.repository.folder, [`${commit}:${path}`]);
  const children = list.map((child) => ({ ...child, path: path === "" ? child.path : `${path}/${child.path}` }));
  // a directory calls a submodule a file: "for backwards compatibility", says its documentation
  return {
    status: 200,
    body: children.map((child) => ({ type: kind(child) === "submodule" ? "file" : kind(child), ...describe(call, ref, child) })),
  };
}

async function answerFile(call: RepositoryCall, ref: string, entry: TreeEntry): Promise<Answer> {
  const base = describe(call, ref, entry);
  if (kind(entry) === "submodule") return { status: 200, body: { type: "submodule", ...base, submodule_git_url: call.state.origin } };
  const bytes = await gitBytes(call.repository.folder, ["cat-file", "blob", entry.sha]);
  if (/[.+]raw\b/.test(call.accept))
    return { status: 200, body: bytes, headers: { "content-type": "application/vnd.github.raw+json; charset=utf-8" } };
  if (kind(entry) === "symlink") return { status: 200, body: { type: "symlink", ...base, target: bytes.toString() } };
  // beyond 1 MB it has no content here: it has to be asked for as raw, or as a blob
  const content = bytes.length > 1_000_000 ? { content: "", encoding: "none" } : { content: encode(bytes), encoding: "base64" };
  return { status: 200, body: { type: "file", ...base, ...content } };
}

function describe({ state, repository }: RepositoryCall, ref: string, { path, sha, size = 0, type }: TreeEntry): object {
  const api = apiUrl(state, repositoryPath(repository));
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const html = `${state.origin}/${repository.fullName}`;
  const self = `${api}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const links = { git: `${api}/git/${type}s/${sha}`, html: `${html}/${type}/${ref}/${encoded}` };
  return {
    name: path.split("/").at(-1),
    path,
    sha,
    size,
    url: self,
    git_url: links.git,
    html_url: links.html,
    download_url: type === "blob" ? `${html}/raw/${ref}/${encoded}` : null,
    _links: { self, ...links },
  };
}

export const contents: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/contents/{path}", access: "read", handle: getContent },
];
