import type { Octokit } from "#sdk/@octokit/rest";
import type { AppFacts, AppPermissions } from "../../core/git/app-provider.ts";

type App = NonNullable<Awaited<ReturnType<Octokit["rest"]["apps"]["getAuthenticated"]>>["data"]>;

/** Returns an App in our words. A private one has always a slug. */
export function factsOf({ id, slug = "", name, html_url: url, owner, permissions, events }: App): AppFacts {
  const login = "login" in owner ? owner.login : owner.slug;
  return { id, slug, name, url, owner: login, permissions: permissionsOf(permissions), events };
}

/** Returns permissions as GitHub lists them. `admin` allows all that `write` does. */
export function permissionsOf(given: Readonly<Record<string, string | undefined>>): AppPermissions {
  return new Map(Object.entries(given).map(([name, level]) => [name, level === "read" ? "read" : "write"]));
}
