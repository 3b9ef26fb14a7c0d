/** https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest and https://docs.github.com/en/rest/apps/webhooks */
import { viewApp } from "../apps/views.ts";
import { type Answer, type Call, notFound, type Route } from "../route.ts";
import type { Hook } from "./state.ts";

/** A code is taken once. */
function convert({ state, params }: Call): Answer {
  const { conversions, hooks } = state.web;
  const code = params.code ?? "";
  const found = conversions.get(code);
  conversions.delete(code);
  if (found === undefined || found.until <= state.apps.now()) throw notFound();
  const { app, pem, clientSecret } = found;
  const secrets = { client_id: app.clientId, client_secret: clientSecret, webhook_secret: hooks.get(app.id)?.secret ?? null, pem };
  return { status: 201, body: { ...viewApp(state, app), ...secrets } };
}

const viewHook = (hook: Hook | undefined): object =>
  hook === undefined ? {} : { url: hook.url, content_type: "json", secret: "********", insecure_ssl: "0" };

function changeHook({ state, app, body }: Call): Answer {
  const { secret } = body as { readonly secret?: string };
  const hook = state.web.hooks.get(app!.id);
  if (hook !== undefined && secret !== undefined) hook.secret = secret;
  return { status: 200, body: viewHook(hook) };
}

export const appsWeb: readonly Route[] = [
  { method: "POST", path: "/app-manifests/{code}/conversions", access: "anyone", handle: convert },
  {
    method: "GET",
    path: "/app/hook/config",
    access: "app",
    handle: ({ state, app }) => ({ status: 200, body: viewHook(state.web.hooks.get(app!.id)) }),
  },
  { method: "PATCH", path: "/app/hook/config", access: "app", handle: changeHook },
];
