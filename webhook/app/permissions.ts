import type { AppPermissions, PermissionLevel } from "../../src/core/git/app-provider.ts";
import type { Permission } from "../../src/core/permission.ts";
import type { PermissionNames } from "../../src/core/adapter.ts";

/** Returns what the provider calls these permissions of ours, each at the highest of their levels. `names` is the table of its kind. */
export function appPermissions(names: PermissionNames, needs: readonly Permission[]): AppPermissions {
  const found = new Map<string, PermissionLevel>();
  for (const text of needs.flatMap((need) => names[need] ?? [])) {
    const [name = "", level] = text.replaceAll("-", "_").split(": ");
    if (found.get(name) !== "write") found.set(name, level === "write" ? "write" : "read");
  }
  return found;
}

/** Returns all of these permissions, each at the highest of its levels, in the order of their names. */
export function mergePermissions(all: readonly AppPermissions[]): AppPermissions {
  const merged = new Map<string, PermissionLevel>();
  for (const [name, level] of all.flatMap((each) => [...each])) if (merged.get(name) !== "write") merged.set(name, level);
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Tells whether a level that was granted is enough. */
export function isEnough(granted: PermissionLevel | undefined, needed: PermissionLevel): boolean {
  return granted === "write" || granted === needed;
}
