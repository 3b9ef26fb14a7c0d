import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { RegistryLogin } from "../../core/registry/registry.ts";
import { parseChallenges, type Challenge } from "./challenge.ts";
import { refusal, type Authorization } from "./refusal.ts";
import { basic, tokenRequest } from "./token-request.ts";
import type { TransportAnswer, Transport } from "./transport.ts";

/** The actions that a caller needs in a repository, in the words of a token's scope. */
export type Actions = "pull" | "pull,push";

/** The access that a request needs: to which repository, and for which actions. */
export interface RegistryAccess {
  readonly doing: string;
  readonly image: ImageRef;
  readonly actions: Actions;
  /** Another repository of the same registry, which the same request mounts a blob from. */
  readonly from?: string | undefined;
  /** Replaces the run's signal. */
  readonly signal?: AbortSignal | undefined;
}

/** An authorization and when it ends, in milliseconds since 1970. */
export type ExpiringAuthorization = Authorization & { readonly expires: number };

/** Milliseconds before its end at which we stop using a token. */
const margin = 10_000;
const longestAnswer = 1024 * 1024;
/** A header holds visible ASCII only, and the error about anything else would show the token. */
const token = z
  .string()
  .regex(/^[!-~]+$/)
  .optional()
  .catch(undefined);
/**
 * A token lasts 60 seconds if the server does not say:
 * https://distribution.github.io/distribution/spec/auth/token/#token-response-fields
 */
const tokenAnswer = z.object({ token, access_token: token, expires_in: z.number().positive().catch(60) });

/**
 * Returns the authorization that a registry's 401 answer asks for: a token of the server that it names, or the login
 * itself.
 * Undefined if it asks for a login and there is none, or for a scheme that we do not know. Throws by the token server's
 * answer.
 */
export async function authorize(
  answer: TransportAnswer,
  access: RegistryAccess,
  login: RegistryLogin | undefined,
  transport: Transport,
): Promise<ExpiringAuthorization | undefined> {
  const challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== undefined) return fetchToken(bearer, answer, access, login, transport);
  // an identity token is for a token server alone
  if (!login?.username || !challenges.some(({ scheme }) => scheme === "basic")) return undefined;
  return { ...(await basic(login)), expires: login.expires ?? Infinity };
}

async function fetchToken(
  bearer: Challenge,
  { url: registry, peer }: TransportAnswer,
  access: RegistryAccess,
  login: RegistryLogin | undefined,
  transport: Transport,
): Promise<ExpiringAuthorization> {
  const url = realmOf(bearer, registry, access, transport);
  const question = { service: bearer.parameters.get("service"), scopes: scopesOf(bearer, access) };
  const { sender: asker, ...request } = await tokenRequest(url, question, login);
  const { doing, image, signal } = access;
  const sender = url.origin === registry.origin ? undefined : { host: registry.host, address: peer };
  const answer = await transport.send({ ...request, doing, limit: longestAnswer, signal, sender });
  if (answer.status !== 200) throw refusal(doing, answer, image, asker);
  const { token, expires } = readToken(answer) ?? {};
  if (token === undefined || expires === undefined) {
    throw new FairleadError("unsupported", `${doing}: ${answer.url.host} answered without a token`);
  }
  return { header: `Bearer ${token}`, anonymous: login === undefined, hint: login?.hint, expires };
}

/** Sends the login where the registry says, but never unencrypted over a network. */
function realmOf(bearer: Challenge, registry: URL, { doing }: RegistryAccess, { isSafe }: Transport): URL {
  const url = URL.parse(bearer.parameters.get("realm") ?? "");
  if (url !== null && isSafe(url, registry)) return url;
  const where = url === null ? "no URL" : `${url.protocol}//${url.host}`;
  throw new FairleadError("unsupported", `${doing}: ${registry.host} sends logins to ${where}, which is not https`);
}

/**
 * The scope of the repository is ours, with the actions that come next. Others are the registry's own, as `aws` of
 * public.ecr.aws.
 */
function scopesOf(bearer: Challenge, { image, actions, from }: RegistryAccess): readonly string[] {
  const asked = bearer.parameters.get("scope") ?? "";
  if (asked !== "" && !asked.startsWith("repository:")) return [asked];
  return [`repository:${image.repository}:${actions}`, ...(from === undefined ? [] : [`repository:${from}:pull`])];
}

function readToken(answer: TransportAnswer): { token: string | undefined; expires: number } | undefined {
  try {
    const { token, access_token, expires_in } = tokenAnswer.parse(JSON.parse(Buffer.from(answer.bytes).toString()));
    return { token: token ?? access_token, expires: Date.now() + expires_in * 1000 - margin };
  } catch {
    return undefined; // the text may hold a token, so no error may quote it
  }
}
