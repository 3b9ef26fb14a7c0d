import { withoutLogin } from "../text/quote.ts";
import { FairleadError } from "../errors.ts";

/** A content digest as OCI writes it. Only sha256 is in use by the registries that fairlead speaks to. */
export type Digest = `sha256:${string}`;

/** A parsed image reference. Docker Hub's short names are written out: `nginx` is `docker.io/library/nginx`. */
export interface ImageRef {
  /** A registry host, with its port if it has one, in lower case: `ghcr.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** An image reference with a fixed digest. Only a push or a registry look-up returns one. */
export type PinnedImage = ImageRef & { readonly digest: Digest };

/**
 * The placeholder for a digest that only a push determines, in a dry run.
 * It is a valid plain YAML scalar, but no digest to a registry or to `parseImage`.
 */
export const unknownDigest: Digest = "sha256:(known after push)";

const dockerHub = "docker.io";
const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** A repository's name, with its host, has at most 255 characters (OCI distribution specification, "Pulling manifests"). */
const longestName = 255;

/** What to write in place of a reference that cannot be read. */
const form = "write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3";

/**
 * Parses an image reference; Docker Hub's short names are written out. Throws `input` with the problem.
 * Follows the grammar of the OCI distribution specification ("Pulling manifests").
 */
export function parseImage(text: string): ImageRef {
  const wrong = (why: string, hint = form): FairleadError =>
    new FairleadError("input", `read image reference "${withoutLogin(text)}": ${why}`, { hint });
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) throw wrong(`an image has no ${scheme}`, `write it without ${scheme}`);
  const host = hostAlone(text);
  if (host !== undefined) throw wrong("that is a host", `add a repository, such as ${host.replace(/:(?!\d+$)[^:\]]+$/, "")}/acme/app`);
  const at = text.indexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw wrong("a digest is sha256: and 64 lower-case hex digits");
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : name.slice(colon + 1);
  if (tag !== undefined && !isTag(tag))
    throw wrong("a tag is 1 to 128 letters, digits, underscores, dots or hyphens and begins with none of the last two");
  const { registry, repository } = splitName(colon < 0 ? name : name.slice(0, colon));
  const problem = hostProblem(registry) ?? repositoryProblem(registry, repository);
  if (problem !== undefined) throw wrong(problem);
  return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** Returns the full text of an image reference: `registry/repository[:tag][@digest]`. `parseImage` reads it back as the same reference. */
export function formatImage(image: ImageRef): string {
  const tag = image.tag === undefined ? "" : `:${image.tag}`;
  const digest = image.digest === undefined ? "" : `@${image.digest}`;
  return `${formatImageRepository(image)}${tag}${digest}`;
}

/** Returns the name of an image's repository: `registry/repository`, without tag and digest. */
export function formatImageRepository({ registry, repository }: ImageRef): string {
  return `${registry}/${repository}`;
}

/** Tells whether two references name the same repository of the same registry. */
export function sameRepository(a: ImageRef, b: ImageRef): boolean {
  return a.registry === b.registry && a.repository === b.repository;
}

/** Tells whether `text` is a digest that a registry would take. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** Returns the digits of a digest, without `sha256:` before them. */
export function digestDigits(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** Tells whether `text` is a tag that a registry would take. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * Returns the host of a text that names nothing else. To Docker, a name without a slash is Docker Hub's; none of those has a dot, and whoever writes
 * one means a registry. `registry:5000` is an image and its tag.
 */
function hostAlone(text: string): string | undefined {
  const [, host = ""] = /^([^/@]*)(?:@.*)?$/.exec(text) ?? [];
  return /^(\[[0-9a-f:]+\]|localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:[A-Za-z0-9_][\w.-]*)?$/i.test(host) ? host : undefined;
}

/**
 * The part before the first slash is a host if it has a dot or a colon, or is `localhost`. Otherwise the name is Docker
 * Hub's.
 */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  if (!/[.:[]/.test(first) && first !== "localhost") {
    return { registry: dockerHub, repository: slash < 0 && name !== "" ? `library/${name}` : name };
  }
  const registry = first.toLowerCase();
  const rest = name.slice(slash + 1);
  if (registry !== dockerHub && registry !== "index.docker.io") return { registry, repository: rest };
  return { registry: dockerHub, repository: rest.includes("/") ? rest : `library/${rest}` };
}

function hostProblem(host: string): string | undefined {
  const [, name = "", port] = /^(\[[0-9a-f:]*\]|[^:]*)(?::(.*))?$/.exec(host) ?? [];
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535))
    return `"${host}" has no port from 0 to 65535 behind its colon`;
  if (/^\[(?=.*:)[0-9a-f:]+\]$/.test(name)) return undefined;
  return name.split(".").every((part) => label.test(part)) ? undefined : `"${host}" is not a host`;
}

function repositoryProblem(registry: string, repository: string): string | undefined {
  if (repository === "") return "the repository is missing";
  if (/[A-Z]/.test(repository)) return `repository "${repository}" has capital letters`;
  const bad = repository.split("/").find((part) => !component.test(part));
  if (bad !== undefined) return `"${bad}" is not a part of a repository: lower-case letters and digits, with . _ __ or - between them`;
  return registry.length + 1 + repository.length > longestName ? `the name is longer than ${longestName} characters` : undefined;
}
