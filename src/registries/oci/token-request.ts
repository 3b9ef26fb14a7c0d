import type { RegistryLogin } from "../../core/registry/registry.ts";
import type { Authorization } from "./refusal.ts";
import type { HttpRequest } from "./transport.ts";

/** What a server of tokens is asked for. */
export interface TokenQuestion {
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

/** The request for a token, and who sends it; undefined for nobody. */
export interface TokenRequest extends Pick<HttpRequest, "method" | "url" | "headers" | "body"> {
  readonly sender: Authorization | undefined;
}

/** Returns the request for a token at a server's URL: by the login in a header, by its identity token in the body, or by nobody. */
export async function tokenRequest(url: URL, question: TokenQuestion, login: RegistryLogin | undefined): Promise<TokenRequest> {
  if (login?.username === "") return exchange(url, question, await login.password.reveal(), login.hint);
  const sender = login && (await basic(login));
  const asked = new URL(url);
  if (question.service !== undefined) asked.searchParams.set("service", question.service);
  for (const scope of question.scopes) asked.searchParams.append("scope", scope);
  // https://distribution.github.io/distribution/spec/auth/token/
  return { method: "GET", url: asked, headers: sender === undefined ? {} : { authorization: sender.header }, sender };
}

/** Returns what a login with a user name says in a header. */
export async function basic({ username, password, hint }: RegistryLogin): Promise<Authorization> {
  const pair = `${username}:${await password.reveal()}`;
  return { header: `Basic ${Buffer.from(pair).toString("base64")}`, anonymous: false, hint };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function exchange(url: URL, { service, scopes }: TokenQuestion, token: string, hint: string | undefined): TokenRequest {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "fairlead", refresh_token: token, scope: scopes.join(" ") });
  if (service !== undefined) form.set("service", service);
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
    // no request has this header: it says what an answer is not shown with
    sender: { header: `Bearer ${token}`, anonymous: false, hint },
  };
}
