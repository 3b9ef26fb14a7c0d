/** ECR's side of the distribution protocol, for manifests alone. https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http */
import { createHash } from "node:crypto";
import type { EcrState } from "./ecr.ts";
import type { Stored } from "./stored.ts";

/** An answer of the registry. */
export interface V2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** Answers GET, HEAD and PUT of a manifest. An expired password gets a 403, not a 401. */
export function answerV2(
  state: EcrState,
  stored: Stored,
  request: { method: string; path: string; authorization: string; type: string; body: Buffer },
): V2Answer {
  const [scheme, value = ""] = request.authorization.split(" ");
  if (scheme !== "Basic") {
    return {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="https://ecr/",service="ecr.amazonaws.com"' },
      body: "Not Authorized",
    };
  }
  const [user, password = ""] = Buffer.from(value, "base64").toString().split(":");
  const expires = state.passwords.get(password);
  if (user !== "AWS" || expires === undefined) return error(403, "DENIED", "Invalid token");
  if (expires <= Date.now()) return error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  const [, name = "", reference = ""] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(request.path) ?? [];
  const repository = state.repositories.get(name);
  if (repository === undefined) return error(404, "NAME_UNKNOWN", `The repository with name '${name}' does not exist`);
  if (request.method !== "PUT") return read(state, stored, name, reference, request.method);
  const digest = `sha256:${createHash("sha256").update(request.body).digest("hex")}`;
  // refused whatever digest the tag has
  if (repository.mutability === "IMMUTABLE" && stored.tags.has(`${name}:${reference}`)) {
    return error(
      400,
      "TAG_INVALID",
      `The image tag '${reference}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
  stored.manifests.set(`${name}/${digest}`, { type: request.type, bytes: request.body });
  if (!reference.startsWith("sha256:")) stored.tags.set(`${name}:${reference}`, digest);
  return { status: 201, headers: { "docker-content-digest": digest }, body: "" };
}

function read({ archived }: EcrState, { manifests, tags }: Stored, name: string, reference: string, method: string): V2Answer {
  const digest = reference.startsWith("sha256:") ? reference : (tags.get(`${name}:${reference}`) ?? "");
  const found = manifests.get(`${name}/${digest}`);
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
  if (found === undefined || archived.has(`${name}/${digest}`)) return error(404, "MANIFEST_UNKNOWN", "Requested image not found");
  const headers = { "content-type": found.type, "docker-content-digest": digest };
  return { status: 200, headers, body: method === "HEAD" ? "" : found.bytes };
}

function error(status: number, code: string, message: string): V2Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify({ errors: [{ code, message }] }) };
}
