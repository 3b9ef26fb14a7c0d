import type { RegistryLogin } from "../../core/registry/registry.ts";
import type { Authorization } from "./refusal.ts";
import type { TransportRequest } from "./transport.ts";

/** The service and the scopes of a token. */
export interface TokenQuestion {
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

/** A request for a token, and its sender; undefined for an anonymous one. */
export interface TokenRequest extends Pick<TransportRequest, "method" | "url" | "headers" | "body"> {
  readonly sender: Authorization | undefined;
}

/** Returns the request for a token: with the login in a header, with its identity token in the body, or anonymous. */
export async function tokenRequest(url: URL, question: TokenQuestion, login: RegistryLogin | undefined): Promise<TokenRequest> {
  if (login?.username === "") return oauthRequest(url, question, await login.password.reveal(), login.hint);
  const sender = login && (await basic(login));
  const asked = new URL(url);
  if (question.service !== undefined) asked.searchParams.set("service", question.service);
  for (const scope of question.scopes) asked.searchParams.append("scope", scope);
  // https://distribution.github.io/distribution/spec/auth/token/
  return { method: "GET", url: asked, headers: sender === undefined ? {} : { authorization: sender.header }, sender };
}

/** Returns the Basic authorization of a login with a user name. */
export async function basic({ username, password, hint }: RegistryLogin): Promise<Authorization> {
  const pair = `${username}:${await password.reveal()}`;
  return { header: `Basic ${Buffer.from(pair).toString("base64")}`, anonymous: false, hint };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function oauthRequest(url: URL, { service, scopes }: TokenQuestion, token: string, hint: string | undefined): TokenRequest {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "fairlead", refresh_token: token, scope: scopes.join(" ") });
  if (service !== undefined) form.set("service", service);
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
    // no request has this header: it says which text to keep out of messages
    sender: { header: `Bearer ${token}`, anonymous: false, hint },
  };
}
