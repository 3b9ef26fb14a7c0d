/** https://docs.github.com/en/rest/git/refs */
import { git, tryGit } from "../bare.ts";
import { findType } from "./commits.ts";
import { followBranches } from "./following.ts";
import { type Answer, notFound, refuse, type RepositoryCall, type Route } from "./route.ts";
import { findViolation } from "./rules.ts";
import { apiUrl, nodeId, repositoryPath } from "./views.ts";

interface Ref {
  readonly ref: string;
  readonly sha: string;
  readonly type: string;
}

async function listRefs({ repository }: RepositoryCall): Promise<Ref[]> {
  const text = await git(repository.folder, ["for-each-ref", "--format=%(refname) %(objectname) %(objecttype)"]);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [ref = "", sha = "", type = ""] = line.split(" ");
      return { ref, sha, type };
    });
}

function viewRef({ state, repository }: RepositoryCall, { ref, sha, type }: Ref): object {
  const url = apiUrl(state, `${repositoryPath(repository)}/git`);
  return { ref, node_id: nodeId("Ref", ref), url: `${url}/${ref}`, object: { sha, type, url: `${url}/${type}s/${sha}` } };
}

async function getRef(call: RepositoryCall): Promise<Answer> {
  const all = await listRefs(call);
  if (all.length === 0) throw refuse(409, "Git Repository is empty.");
  const found = all.find(({ ref }) => ref === `refs/${call.params.ref}`);
  if (!found) throw notFound();
  return { status: 200, body: viewRef(call, found) };
}

async function matchRefs(call: RepositoryCall): Promise<Answer> {
  const found = (await listRefs(call)).filter(({ ref }) => ref.startsWith(`refs/${call.params.ref}`));
  return { status: 200, body: found.map((ref) => viewRef(call, ref)) };
}

async function requireObject({ repository }: RepositoryCall, sha: string): Promise<string> {
  const type = await findType(repository, sha);
  if (type === undefined) throw refuse(422, "Object does not exist");
  return type;
}

async function createRef(call: RepositoryCall): Promise<Answer> {
  const { ref, sha } = call.body as { readonly ref: string; readonly sha: string };
  const { folder } = call.repository;
  if (!ref.startsWith("refs/") || ref.split("/").length < 3)
    throw refuse(422, "Reference name must start with 'refs/' and have at least two slashes.");
  if ((await tryGit(folder, ["check-ref-format", ref])) === undefined) throw refuse(422, `${ref} is not a valid ref name.`);
  const type = await requireObject(call, sha);
  requirePermission(call, ref);
  if (await readRef(call, ref)) throw refuse(422, "Reference already exists");
  // with 40 zeros Git creates it only if it still does not exist
  const created = await tryGit(folder, ["update-ref", ref, sha, "0".repeat(40)]);
  if (created === undefined) throw refuse(422, (await readRef(call, ref)) ? "Reference already exists" : "Reference update failed");
  await followBranches(call.repository);
  return { status: 201, body: viewRef(call, { ref, sha, type }) };
}

function requirePermission({ repository }: RepositoryCall, ref: string): void {
  const violation = findViolation(repository, ref);
  if (violation !== undefined) throw refuse(422, violation);
}

const readRef = ({ repository }: RepositoryCall, ref: string): Promise<string | undefined> =>
  tryGit(repository.folder, ["rev-parse", "-q", "--verify", ref]);

async function updateRef(call: RepositoryCall): Promise<Answer> {
  const { sha, force = false } = call.body as { readonly sha: string; readonly force?: boolean };
  const ref = `refs/${call.params.ref}`;
  const { folder } = call.repository;
  const before = await readRef(call, ref);
  if (before === undefined) throw refuse(422, "Reference does not exist");
  const type = await requireObject(call, sha);
  requirePermission(call, ref);
  const forward = (await tryGit(folder, ["merge-base", "--is-ancestor", before, sha])) !== undefined;
  if (!force && !forward) throw refuse(422, "Update is not a fast forward");
  // somebody may have moved it since: Git compares
  if ((await tryGit(folder, ["update-ref", ref, sha, before])) === undefined) throw refuse(422, "Update is not a fast forward");
  await followBranches(call.repository);
  return { status: 200, body: viewRef(call, { ref, sha, type }) };
}

async function deleteRef(call: RepositoryCall): Promise<Answer> {
  const ref = `refs/${call.params.ref}`;
  const before = await readRef(call, ref);
  if (before === undefined) throw refuse(422, "Reference does not exist");
  requirePermission(call, ref);
  await git(call.repository.folder, ["update-ref", "-d", ref, before]);
  await followBranches(call.repository);
  return { status: 204 };
}

export const refs: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/git/ref/{ref}", access: "read", handle: getRef },
  { method: "GET", path: "/repos/{owner}/{repo}/git/matching-refs/{ref}", access: "read", handle: matchRefs },
  { method: "POST", path: "/repos/{owner}/{repo}/git/refs", access: "write", handle: createRef },
  { method: "PATCH", path: "/repos/{owner}/{repo}/git/refs/{ref}", access: "write", handle: updateRef },
  { method: "DELETE", path: "/repos/{owner}/{repo}/git/refs/{ref}", access: "write", handle: deleteRef },
];
