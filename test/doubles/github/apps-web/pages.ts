/** GitHub's pages on which a person makes an App from a manifest, and installs one. */
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { readBody } from "../../server.ts";
import type { App } from "../apps/state.ts";
import type { Answer } from "../route.ts";
import type { State } from "../state.ts";
import { readManifest, type Manifest } from "./manifest.ts";

/** Milliseconds in which a code can be exchanged. */
const hour = 3_600_000;

const html = (status: number, title: string, body: string): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html><html lang="en"><head><title>${title}</title></head><body><main><h1>${title}</h1>${body}</main></body></html>`,
});

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const lost = (): Answer => html(404, "Page not found", "<p>This is not the web page you are looking for.</p>");
const redirect = (location: string): Answer => ({ status: 302, headers: { location }, body: "" });

/** Returns what a browser is answered; undefined where no page is. */
export async function servePage(state: State, request: IncomingMessage): Promise<Answer | undefined> {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/favicon.ico") return lost();
  if (url.pathname === "/" && request.method !== "POST") return html(200, "GitHub", "");
  const [, org, rest] = /^(?:\/organizations\/([^/]+))?\/settings\/apps(\/new)?$/.exec(url.pathname) ?? [];
  const isSettings = /\/settings\/apps(\/new)?$/.test(url.pathname) && request.method === "POST";
  if (isSettings) {
    const form = new URLSearchParams((await readBody(request)).toString());
    const owner = org === undefined ? state.web.person : state.web.owns.find((each) => each.toLowerCase() === org.toLowerCase());
    if (owner === undefined) return lost();
    const state_ = url.searchParams.get("state") ?? form.get("state") ?? "";
    return rest === undefined ? create(state, owner, form, state_) : offer(owner, org, form.get("manifest"), state_);
  }
  const [, slug] = /^\/(?:github-)?apps\/([^/]+)\/installations(?:\/new)?$/.exec(url.pathname) ?? [];
  if (slug !== undefined) return await install(state, slug, request);
  const [, installed] = /\/settings\/installations\/(\d+)$/.exec(url.pathname) ?? [];
  return installed === undefined ? undefined : html(200, "Installed", `<p>Installation ${installed}</p>`);
}

/** A person may give it another name. */
function offer(owner: string, org: string | undefined, text: string | null, state: string, problem = "", name?: string): Answer {
  const manifest = readManifest(text);
  if (typeof manifest === "string") return html(200, "Invalid GitHub App configuration", `<p role="alert">${escape(manifest)}</p>`);
  const action = `${org === undefined ? "" : `/organizations/${org}`}/settings/apps`;
  const status = problem === "" ? 200 : 422;
  return html(
    status,
    "Create GitHub App",
    `${problem === "" ? "" : `<p role="alert">${problem}</p>`}<form method="post" action="${action}">
<label>GitHub App name <input name="name" value="${escape(name ?? manifest.name ?? "")}"></label>
<input type="hidden" name="manifest" value="${escape(text ?? "")}"><input type="hidden" name="state" value="${escape(state)}">
<button type="submit">Create GitHub App for ${owner}</button></form>`,
  );
}

function create(state: State, owner: string, form: URLSearchParams, token: string): Answer {
  const text = form.get("manifest");
  const manifest = readManifest(text);
  if (typeof manifest === "string") return html(200, "Invalid GitHub App configuration", `<p role="alert">${escape(manifest)}</p>`);
  const name = form.get("name") ?? "";
  const org = owner === state.web.person ? undefined : owner;
  if (name === "") return offer(owner, org, text, token, "Name can't be blank", name);
  if (state.apps.list.some((each) => each.name.toLowerCase() === name.toLowerCase()))
    return offer(owner, org, text, token, "Name is already in use", name);
  const code = makeApp(state, owner, name, manifest);
  const back = new URL(manifest.redirect_url);
  back.searchParams.set("code", code);
  if (token !== "") back.searchParams.set("state", token);
  return redirect(back.href);
}

function makeApp(state: State, owner: string, name: string, manifest: Manifest): string {
  const { apps, web } = state;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const { default_permissions: permissions = {}, default_events: events = [], hook_attributes: hook } = manifest;
  const id = state.nextId();
  const app: App = { id, clientId: `Iv23li${id}`, slug, name, owner, keys: [createPublicKey(privateKey)], permissions, events };
  apps.list.push(app);
  if (hook !== undefined) web.hooks.set(app.id, { url: hook.url, secret: randomBytes(20).toString("hex") });
  const code = randomBytes(20).toString("hex");
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  web.conversions.set(code, { app, pem, clientSecret: randomBytes(20).toString("hex"), until: apps.now() + hour });
  return code;
}

/** A private App can be installed at its owner alone. */
async function install(state: State, slug: string, request: IncomingMessage): Promise<Answer> {
  const app = state.apps.list.find((each) => each.slug === slug);
  if (app === undefined) return lost();
  if (request.method !== "POST") {
    const choice = (value: string, text: string, checked: string): string =>
      `<label><input type="radio" name="target" value="${value}"${checked}> ${text}</label>`;
    return html(
      200,
      `Install ${escape(app.name)}`,
      `<form method="post">${choice("all", "All repositories", " checked")}${choice("selected", "Only select repositories", "")}
<button type="submit">Install</button></form>`,
    );
  }
  const form = new URLSearchParams((await readBody(request)).toString());
  const owned = [...state.repositories.values()].filter(({ owner }) => owner === app.owner).map(({ id }) => id);
  const repositories = form.get("target") === "all" ? ("all" as const) : owned.slice(0, 1);
  const id = state.nextId();
  state.apps.installations.push({ id, app, account: app.owner, repositories, permissions: app.permissions, suspendedAt: undefined });
  return redirect(`/organizations/${app.owner}/settings/installations/${id}`);
}
