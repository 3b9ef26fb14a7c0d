import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { RegistryLogin } from "../../core/registry/registry.ts";
import { hostUrl } from "../../core/server-url.ts";
import type { Servers } from "../../core/servers.ts";
import { authorize, type RegistryAccess, type ExpiringAuthorization } from "./authorization.ts";
import { keepAuthorizations } from "./authorizations.ts";
import type { Sender } from "../../http/guard.ts";
import { refusal } from "./refusal.ts";
import { createTransport, type TransportAnswer, type TransportRequest, type TransportOptions } from "./transport.ts";

/** The options of a client, beyond the network. */
export interface ClientOptions extends TransportOptions {
  readonly servers: Servers;
  /** Returns the host of a registry's API, with its port if it has one; by default the registry's own. */
  readonly endpoint?: ((registry: string) => string) | undefined;
  /** Returns the login for the image's registry; undefined means anonymous. Asked only when the registry wants one. */
  login(image: ImageRef): Promise<RegistryLogin | undefined>;
  /** Who has named the registries; undefined if it is the run's own input. */
  readonly sender?: Sender;
}

/** A request to an image's repository. `path` is relative to the repository, or a URL that the registry returned. */
export type RegistryRequest = RegistryAccess &
  Pick<TransportRequest, "method"> & { readonly path: string | URL } & Partial<
    Pick<TransportRequest, "headers" | "body" | "limit" | "stream">
  >;

/** An answer, and the error for it if it is not the expected one. */
export interface RegistryAnswer extends TransportAnswer {
  refusal(): FairleadError;
}

/**
 * Sends a request with the authorization that the registry wants. Gets one when it is first asked for, or has expired.
 */
export type RegistryClient = (request: RegistryRequest) => Promise<RegistryAnswer>;

/** The requests and pauses of one call, which its signal stops. */
export interface RegistrySession {
  readonly send: RegistryClient;
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Returns the same session, stopped by another signal. */
  until(signal: AbortSignal): RegistrySession;
}

/** Returns the session of a call over a client that it shares with others. */
export function createSession(client: RegistryClient, signal: AbortSignal, options: Pick<ClientOptions, "delay">): RegistrySession {
  return {
    send: (request) => client({ ...request, signal }),
    signal,
    delay: options.delay,
    until: (other) => createSession(client, other, options),
  };
}

/**
 * The longest manifest that a registry must accept, and so the longest that we read:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
 */
const manifestLimit = 4 * 1024 * 1024;

/** Returns a client that keeps logins and tokens until they expire. */
export function createClient(options: ClientOptions): RegistryClient {
  const transport = createTransport(options);
  const authorizations = keepAuthorizations();
  const peers = new Map<string, string | undefined>();
  return async (request) => {
    const { doing, image, actions, from, signal } = request;
    const repository = repositoryUrl(image, options);
    const url = new URL(request.path, repository);
    const ours = url.origin === repository.origin;
    if (!ours && !transport.isSafe(url, repository)) {
      throw new FairleadError("unsupported", `${doing}: ${repository.host} sends us to ${url.protocol}//${url.host}`);
    }
    const access: RegistryAccess = { doing, image, actions, from, signal };
    let authorization = ours ? authorizations.known(access) : undefined;
    const sender = ours ? options.sender : { host: repository.host, address: peers.get(repository.origin) };
    const attempt = async (): Promise<TransportAnswer> => {
      const answer = await transport.send({ ...httpRequest(request, url, authorization), sender });
      if (answer.url.origin === repository.origin) peers.set(repository.origin, answer.peer);
      return answer;
    };
    let answer = await attempt();
    // only the registry itself may ask for a login, not a redirect's target
    if (answer.status === 401 && ours && answer.url.origin === url.origin) {
      const fetch = async (): Promise<ExpiringAuthorization | undefined> =>
        authorize(answer, access, await options.login(image), transport);
      const fresh = await authorizations.renew(access, authorization, fetch);
      if (fresh !== undefined) {
        authorization = fresh;
        answer = await attempt();
      }
    }
    return { ...answer, refusal: () => refusal(doing, answer, image, authorization) };
  };
}

function httpRequest(request: RegistryRequest, url: URL, authorization: ExpiringAuthorization | undefined): TransportRequest {
  const { doing, method, body, headers, limit = manifestLimit, stream, signal } = request;
  const sender = authorization === undefined ? undefined : { authorization: authorization.header };
  return { doing, method, url, headers: { ...headers, ...sender }, limit, signal, ...(body && { body }), ...(stream && { stream }) };
}

/** Returns where a registry has the image's repository: `https://ghcr.io/v2/acme/app/`. */
function repositoryUrl({ registry, repository }: ImageRef, { servers, endpoint }: ClientOptions): URL {
  const host = endpoint?.(registry) ?? registry;
  return new URL(`${hostUrl(`use ${host}`, host, servers)}/v2/${repository}/`);
}
