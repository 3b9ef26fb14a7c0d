/** https://docs.github.com/en/rest/apps/apps and /installations */
import { mayRead } from "../../access.ts";
import { type Answer, type Call, notFound, page, refuse, Refusal, type Route } from "../route.ts";
import { findRepository, type Repository } from "../state.ts";
import { viewRepository } from "../views.ts";
import { isInstalledIn, type Installation } from "./state.ts";
import { createToken } from "./tokens.ts";
import { viewApp, viewInstallation } from "./views.ts";

const ofApp = ({ state, app }: Call): readonly Installation[] => state.apps.installations.filter((each) => each.app === app);

function show(call: Call, installation: Installation | undefined): Answer {
  if (installation === undefined) throw notFound();
  return { status: 200, body: viewInstallation(call.state, installation) };
}

function listInstallations(call: Call): Answer {
  const { items, headers } = page(call, "/app/installations", ofApp(call));
  return { status: 200, body: items.map((each) => viewInstallation(call.state, each)), headers };
}

/** A repository that has another name now is a redirect to its id. */
function findInstallation(call: Call): Answer {
  const { state, params } = call;
  const name = `${params.owner}/${params.repo}`;
  const repository = findRepository(state, name);
  const moved = state.moved.get(name.toLowerCase());
  if (repository === undefined && moved !== undefined) throw redirect(call, `/repositories/${moved}/installation`);
  return show(
    call,
    ofApp(call).find((each) => repository !== undefined && isInstalledIn(each, repository)),
  );
}

/** https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects */
export function redirect({ state, method }: Pick<Call, "state" | "method">, path: string): Refusal {
  const url = `${state.origin}/api/v3${path}`;
  const message = method === "GET" ? "Moved Permanently" : "Temporary Redirect";
  return new Refusal({
    status: method === "GET" ? 301 : 307,
    headers: { location: url },
    body: { message, url, documentation_url: "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects" },
  });
}

function ofAccount(call: Call, account: string | undefined): Answer {
  return show(
    call,
    ofApp(call).find((each) => each.account.toLowerCase() === account?.toLowerCase()),
  );
}

function listRepositories(call: Call): Answer {
  const { state, grant } = call;
  if (grant?.installation === undefined)
    throw refuse(403, "You must authenticate with an installation access token in order to list repositories for an installation.");
  const all = [...state.repositories.values()].filter((each: Repository) => mayRead(grant, each.fullName));
  const { items, headers } = page(call, "/installation/repositories", all);
  return {
    status: 200,
    body: { total_count: all.length, repository_selection: "selected", repositories: items.map((each) => viewRepository(state, each)) },
    headers,
  };
}

export const apps: readonly Route[] = [
  { method: "GET", path: "/app", access: "app", handle: (call) => ({ status: 200, body: viewApp(call.state, call.app!) }) },
  { method: "GET", path: "/app/installations", access: "app", handle: listInstallations },
  {
    method: "GET",
    path: "/app/installations/{installation_id}",
    access: "app",
    handle: (call) =>
      show(
        call,
        ofApp(call).find(({ id }) => id === Number(call.params.installation_id)),
      ),
  },
  { method: "POST", path: "/app/installations/{installation_id}/access_tokens", access: "app", handle: createToken },
  { method: "GET", path: "/repos/{owner}/{repo}/installation", access: "app", handle: findInstallation },
  { method: "GET", path: "/orgs/{org}/installation", access: "app", handle: (call) => ofAccount(call, call.params.org) },
  { method: "GET", path: "/users/{username}/installation", access: "app", handle: (call) => ofAccount(call, call.params.username) },
  { method: "GET", path: "/installation/repositories", access: "user", handle: listRepositories },
];
