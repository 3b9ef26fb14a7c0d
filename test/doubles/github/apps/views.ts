/** Apps and installations as GitHub's API shows them. */
import type { State } from "../state.ts";
import { apiUrl, nodeId, time, viewUser } from "../views.ts";
import type { App, Installation } from "./state.ts";

const epoch = time(new Date(0));

/** `integration`. */
export function viewApp(state: State, app: App): object {
  const { id, slug, clientId, owner, name, permissions, events } = app;
  return {
    id,
    slug,
    node_id: nodeId("App", id),
    client_id: clientId,
    owner: viewUser(state, owner),
    name,
    description: null,
    external_url: "https://fairlead.example.com",
    html_url: `${state.origin}/apps/${slug}`,
    created_at: epoch,
    updated_at: epoch,
    permissions: { metadata: "read", ...permissions },
    events,
    installations_count: state.apps.installations.filter((each) => each.app === app).length,
  };
}

/** `installation`. */
export function viewInstallation(state: State, installation: Installation): object {
  const { id, app, account, repositories, permissions, suspendedAt } = installation;
  // the description of the list wants of every account what only an enterprise has
  const user: Readonly<Record<string, unknown>> = {
    ...viewUser(state, account),
    ...{ name: account, slug: account, created_at: epoch, updated_at: epoch },
  };
  return {
    id,
    account: user,
    repository_selection: repositories === "all" ? "all" : "selected",
    access_tokens_url: apiUrl(state, `/app/installations/${id}/access_tokens`),
    repositories_url: apiUrl(state, "/installation/repositories"),
    html_url: `${state.origin}/organizations/${account}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    client_id: app.clientId,
    target_id: user.id,
    target_type: "Organization",
    permissions: { metadata: "read", ...permissions },
    events: app.events,
    created_at: epoch,
    updated_at: epoch,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedAt === undefined ? null : user,
    suspended_at: suspendedAt === undefined ? null : time(suspendedAt),
  };
}
