/** What GitHub refuses in a manifest, in the words of its page. */

/** The permission that lets an App have an event: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
const events: Readonly<Record<string, string>> = {
  push: "contents",
  release: "contents",
  pull_request: "pull_requests",
  package: "packages",
  registry_package: "packages",
  deployment: "deployments",
  deployment_status: "deployments",
  workflow_run: "actions",
  check_run: "checks",
  status: "statuses",
  issue_comment: "issues",
};

/** https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app (`permissions`) */
const permissions = [
  ...["actions", "artifact_metadata", "checks", "contents", "deployments", "issues", "members", "metadata", "packages", "pull_requests"],
  "statuses",
];

export interface Manifest {
  readonly name?: string;
  readonly url: string;
  readonly hook_attributes?: { readonly url: string; readonly active?: boolean };
  readonly redirect_url: string;
  readonly public?: boolean;
  readonly default_permissions?: Readonly<Record<string, "read" | "write">>;
  readonly default_events?: readonly string[];
}

const known = ["name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public", "default_events"];

/** Returns the manifest, or why it is none. */
export function readManifest(text: string | null): Manifest | string {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text ?? "") as Manifest;
  } catch {
    return "The configuration does not appear to be a valid GitHub App manifest.";
  }
  return faultOf(manifest) ?? manifest;
}

function faultOf(manifest: Manifest): string | undefined {
  const {
    url,
    hook_attributes: hook,
    redirect_url: back,
    default_permissions: asked = {},
    default_events: wanted = [],
    name = "",
  } = manifest;
  const unknown = Object.keys(manifest).find((key) => ![...known, "default_permissions"].includes(key));
  if (unknown !== undefined) return `Error: "${unknown}" is not a permitted key.`;
  if (URL.parse(url ?? "") === null || (hook !== undefined && URL.parse(hook.url ?? "") === null)) return `Error: "url" wasn't supplied.`;
  if (hook !== undefined && Object.keys(hook).some((key) => !["url", "active"].includes(key)))
    return 'Error: "secret" is not a permitted key.';
  if (URL.parse(back ?? "") === null) return "Error: redirect_url must be a valid URL.";
  if (name.length > 34) return "Name is too long (maximum is 34 characters)";
  const strange = Object.keys(asked).find((each) => !permissions.includes(each));
  if (strange !== undefined) return `Default permission records resource is not included in the list: ${strange}`;
  const unsupported = wanted.filter((each) => events[each] === undefined);
  if (unsupported.length > 0) return `Default events unsupported: ${unsupported.join(" and ")}`;
  const bare = wanted.filter((each) => asked[events[each] ?? ""] === undefined);
  return bare.length > 0 ? `Default events are not supported by permissions: ${bare.join(" and ")}` : undefined;
}
