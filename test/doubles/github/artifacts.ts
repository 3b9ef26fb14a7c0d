/** https://docs.github.com/en/rest/orgs/artifact-metadata */
import { mayWrite } from "../access.ts";
import { type Answer, type Call, notFound, refuse, type Route } from "./route.ts";
import { findRepository, type Repository } from "./state.ts";
import { time } from "./views.ts";

type Fields = Readonly<Record<string, unknown>>;

function requireRepository({ state, params, body, grant }: Call): Repository {
  const { github_repository: name = "" } = body as { readonly github_repository?: string };
  const found = findRepository(state, `${params.org}/${name}`);
  if (!found) throw notFound();
  if (!mayWrite(grant, found.fullName)) throw refuse(403, "Resource not accessible by personal access token");
  return found;
}

/** The same thing said again changes its record: what tells records apart are these fields. */
function record(call: Call, list: "storage_records" | "deployment_records", names: readonly string[], usual: Fields): Answer {
  const { artifacts } = requireRepository(call);
  const { return_records: _, github_repository: __, ...fields } = call.body as Fields;
  const at = time(new Date());
  const isSame = (one: Fields): boolean => one.list === list && names.every((name) => one[name] === fields[name]);
  const before = artifacts.find(isSame);
  const saved = { ...before, id: before?.id ?? call.state.nextId(), list, ...usual, ...fields, created_at: at, updated_at: at };
  artifacts.splice(before ? artifacts.indexOf(before) : artifacts.length, before ? 1 : 0, saved);
  const { list: ___, ...shown } = saved;
  return { status: 200, body: { total_count: 1, [list]: [shown] } };
}

const storage = { artifact_url: null, repository: null, status: "active" };

export const artifacts: readonly Route[] = [
  {
    method: "POST",
    path: "/orgs/{org}/artifacts/metadata/storage-record",
    access: "user",
    handle: (call) => record(call, "storage_records", ["digest", "registry_url", "name"], storage),
  },
  {
    method: "POST",
    path: "/orgs/{org}/artifacts/metadata/deployment-record",
    access: "user",
    handle: (call) => record(call, "deployment_records", ["logical_environment", "deployment_name"], {}),
  },
];
