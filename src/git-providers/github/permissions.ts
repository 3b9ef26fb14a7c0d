import type { PermissionNames } from "../../core/adapter.ts";
import type { Permission } from "../../core/permission.ts";

/** https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps */
export const githubPermissions = {
  "contents:read": ["contents: read"],
  "contents:write": ["contents: write"],
  "pull-requests:read": ["pull-requests: read"],
  "pull-requests:write": ["pull-requests: write"],
  "statuses:read": ["statuses: read"],
  "statuses:write": ["statuses: write"],
  "checks:read": ["checks: read"],
  "checks:write": ["checks: write"],
  "deployments:read": ["deployments: read"],
  "deployments:write": ["deployments: write"],
  "comments:read": ["pull-requests: read"],
  "comments:write": ["pull-requests: write"],
  "workflows:read": ["actions: read"],
  "workflows:write": ["actions: write"],
  "members:read": ["members: read"],
  "artifact-metadata:write": ["artifact-metadata: write"],
} satisfies PermissionNames;

/** Permissions of an App, by the names of GitHub's API: `{ pull_requests: "write" }`. */
export type AppPermissions = Readonly<Record<string, string>>;

/** In the order of what they allow: each includes those before it. */
const levels = ["read", "write", "admin"];

/** Returns the permissions that an App needs for these of ours, sorted by name. */
export function appPermissions(permissions: readonly Permission[]): AppPermissions {
  const names: PermissionNames = githubPermissions;
  const found = new Map<string, string>();
  for (const [name, level] of permissions.flatMap((each) => names[each] ?? []).map(splitName)) {
    if (!includes(found.get(name), level)) found.set(name, level);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns those of the permissions that are not granted, as GitHub's pages name them: `contents: write`. */
export function lacking(wanted: AppPermissions, granted: AppPermissions): readonly string[] {
  return Object.entries(wanted).flatMap(([name, level]) => (includes(granted[name], level) ? [] : [spellPermission(name, level)]));
}

/** Returns a permission as GitHub's pages name it: `pull-requests: write`. */
export function spellPermission(name: string, level: string): string {
  return `${name.replaceAll("_", "-")}: ${level}`;
}

function splitName(text: string): readonly [name: string, level: string] {
  const [name = "", level = ""] = text.split(": ");
  return [name.replaceAll("-", "_"), level];
}

function includes(granted: string | undefined, wanted: string): boolean {
  return granted !== undefined && levels.indexOf(granted) >= levels.indexOf(wanted);
}
