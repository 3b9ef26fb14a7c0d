/**
 * A strict AWS: STS, ECR and public ECR over their own protocols, ECR's manifests, and GitHub's endpoint of identity
 * tokens.
 * It checks who signs, whether the credentials have expired, and what a session's policy allows. It does not check the
 * signature itself.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsRefusal, type Principal } from "./aws/access.ts";
import { answerEcr, type EcrState, type StoredRepository } from "./aws/ecr.ts";
import { answerV2 } from "./aws/images.ts";
import type { Stored } from "./aws/stored.ts";
import { answerSts, stsError, type StsState } from "./aws/sts.ts";
import { createRunning, listen, readBody, type Running } from "./server.ts";

export interface AwsOptions {
  /** The token subjects that each role trusts, by the role's ARN. */
  readonly roles?: StsState["roles"];
}

export interface Aws extends Running {
  /** `STS.AssumeRole`, `ECR.CreateRepository`, `PUT /v2/…`, `GitHub.token`, in their order. */
  readonly calls: string[];
  readonly sts: StsState;
  readonly ecr: EcrState;
  /** The environment variables for using it. */
  readonly env: Readonly<Record<string, string>>;
  /** The further variables of a GitHub Actions job. Its tokens have this subject. */
  readonly githubEnv: Readonly<Record<string, string>>;
  /** Refuses the next `times` calls of an action. */
  fail(times: number, action: string, status: number, code: string): void;
  repository(name: string): StoredRepository | undefined;
}

export const account = "111111111111";
export const region = "eu-west-1";
export const subject = "repo:acme/app:ref:refs/heads/main";
const user: Principal = { arn: `arn:aws:iam::${account}:user/robot`, account, accessKey: "AKIACANARY0000000000" };
const requestToken = "github-canary-request-token";
const hour = 3_600_000;

interface World {
  readonly calls: string[];
  readonly sts: StsState;
  readonly ecr: EcrState;
  readonly stored: Stored;
  readonly faults: { left: number; readonly action: string; readonly refusal: AwsRefusal }[];
  tokens: number;
}

/** Starts it. A user of its account has the key of `env`. */
export async function startAws({ roles = {} }: AwsOptions = {}): Promise<Aws> {
  await using stack = new AsyncDisposableStack();
  const stored: Stored = { manifests: new Map(), tags: new Map() };
  const world: World = {
    calls: [],
    sts: { roles, principals: new Map([[user.accessKey, user]]), seen: new Set(), lifetime: hour },
    ecr: { region, repositories: new Map(), stored, archived: new Map(), passwords: new Map(), passwordLifetime: 12 * hour },
    stored,
    faults: [],
    tokens: 0,
  };
  const host = await listen(stack, (request, response) => handle(world, request, response));
  const env = {
    AWS_ENDPOINT_URL: `http://${host}`,
    AWS_REGION: region,
    FAIRLEAD_ECR_HOSTS: `${host}=${account}/${region}`,
    AWS_MAX_ATTEMPTS: "1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  return {
    ...createRunning(host, stack.move()),
    calls: world.calls,
    sts: world.sts,
    ecr: world.ecr,
    env: { ...env, AWS_ACCESS_KEY_ID: user.accessKey, AWS_SECRET_ACCESS_KEY: "user-canary-secret" },
    githubEnv: {
      ...env,
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${host}/github?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    fail: (left, action, status, code) =>
      void world.faults.push({ left, action, refusal: new AwsRefusal(status, code, `${code} of the double`) }),
    repository: (name) => world.ecr.repositories.get(name),
  };
}

/** Returns an unsigned identity token. */
export function identityToken(sub: string, id: string, aud = "sts.amazonaws.com"): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ aud, sub, jti: id })}.jwt-canary`;
}

async function handle(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const url = new URL(request.url ?? "", "http://aws");
  const headers = request.headers;
  if (url.pathname === "/github") return answerGitHub(world, url, request, response);
  if (url.pathname.startsWith("/v2/")) {
    const { authorization = "", "content-type": type = "" } = headers;
    world.calls.push(`${request.method} ${url.pathname}`);
    const answer = answerV2(world.ecr, world.stored, { method: request.method ?? "", path: url.pathname, authorization, type, body });
    return void response.writeHead(answer.status, answer.headers).end(answer.body);
  }
  const target = String(headers["x-amz-target"] ?? "");
  if (target === "") answerQuery(world, new URLSearchParams(body.toString()), request, response);
  else answerJson(world, target, body, request, response);
}

function answerQuery(world: World, form: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
  try {
    begin(world, `STS.${form.get("Action")}`);
    const text = answerSts(world.sts, form, () => identify(world, request, "sts"));
    response.writeHead(200, { "content-type": "text/xml" }).end(text);
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    response.writeHead(error.status, { "content-type": "text/xml" }).end(stsError(error));
  }
}

const services = { AmazonEC2ContainerRegistry_V20150921: "ecr", SpencerFrontendService: "ecr-public" } as const;

function answerJson(world: World, target: string, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const type = { "content-type": "application/x-amz-json-1.1" };
  try {
    const [prefix = "", action = ""] = target.split(".");
    const service = services[prefix as keyof typeof services];
    begin(world, `${service === "ecr" ? "ECR" : "PublicECR"}.${action}`);
    const who = identify(world, request, service);
    const answer = answerEcr(action, { state: world.ecr, who, service, body: JSON.parse(body.toString()) as Record<string, unknown> });
    response.writeHead(200, type).end(JSON.stringify(answer));
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    response.writeHead(error.status, type).end(JSON.stringify({ __type: error.code, message: error.message }));
  }
}

function begin({ calls, faults }: World, action: string): void {
  calls.push(action);
  const fault = faults.find((each) => each.left > 0 && each.action === action);
  if (fault === undefined) return;
  fault.left -= 1;
  throw fault.refusal;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html */
function identify({ sts }: World, { headers }: IncomingMessage, service: string): Principal {
  const [, key = "", signed] =
    /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\/\d{8}\/[a-z0-9-]+\/([a-z-]+)\/aws4_request,/.exec(headers.authorization ?? "") ?? [];
  if (signed !== service)
    throw new AwsRefusal(403, "SignatureDoesNotMatch", `Credential should be scoped to correct service: '${service}'`);
  const who = sts.principals.get(key);
  if (who === undefined || who.sessionToken !== headers["x-amz-security-token"]) {
    const code = service === "sts" ? "InvalidClientTokenId" : "UnrecognizedClientException";
    throw new AwsRefusal(service === "sts" ? 403 : 400, code, "The security token included in the request is invalid.");
  }
  if (who.expires !== undefined && who.expires <= Date.now()) {
    throw new AwsRefusal(
      400,
      service === "sts" ? "ExpiredToken" : "ExpiredTokenException",
      "The security token included in the request is expired",
    );
  }
  return who;
}

/** https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token */
function answerGitHub(world: World, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const send = (status: number, body: object): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  try {
    begin(world, "GitHub.token");
  } catch (error) {
    return send((error as AwsRefusal).status, {});
  }
  if (request.headers.authorization !== `Bearer ${requestToken}`) return send(401, {});
  if (url.searchParams.get("api-version") !== "2.0") return send(400, {});
  send(200, { value: identityToken(subject, String(++world.tokens), url.searchParams.get("audience") ?? "https://github.com/acme") });
}
