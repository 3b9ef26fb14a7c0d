/** https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
import { randomBytes } from "node:crypto";
import type { Grant } from "../../access.ts";
import { type Answer, type Call, notFound, refuse } from "../route.ts";
import type { Repository, State } from "../state.ts";
import { time, viewRepository } from "../views.ts";
import { allows, isInstalledIn, type Installation, type InstallationToken, type Permissions } from "./state.ts";

/** Milliseconds. */
const life = 3_600_000;

interface NewToken {
  readonly repositories?: readonly string[];
  readonly repository_ids?: readonly number[];
  readonly permissions?: Permissions;
}

/** Makes a token of an installation, for the repositories and permissions that are asked for. */
export function createToken({ state, app, params, body }: Call): Answer {
  const { apps } = state;
  const installation = apps.installations.find((each) => each.app === app && each.id === Number(params.installation_id));
  if (installation === undefined) throw notFound();
  if (installation.suspendedAt !== undefined) throw refuse(403, "This installation has been suspended");
  const asked = (body ?? {}) as NewToken;
  const repositories = findRepositories(state, installation, asked);
  const permissions = { metadata: "read" as const, ...(asked.permissions ?? installation.permissions) };
  checkPermissions(installation, permissions);
  const token: InstallationToken = {
    value: `ghs_${randomBytes(18).toString("hex")}`,
    installation,
    repositories: repositories?.map(({ id }) => id),
    permissions,
    expiresAt: apps.now() + life,
    lag: apps.lag && { ...apps.lag },
  };
  apps.tokens.set(token.value, token);
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: time(new Date(token.expiresAt)),
      permissions,
      repository_selection: repositories === undefined && installation.repositories === "all" ? "all" : "selected",
      ...(repositories && { repositories: repositories.map((each) => viewRepository(state, each)) }),
    },
  };
}

/** By names within the account, or by ids: whichever are given. */
function findRepositories(state: State, installation: Installation, asked: NewToken): readonly Repository[] | undefined {
  const { repositories: names, repository_ids: ids } = asked;
  if (names === undefined && ids === undefined) return undefined;
  const all = [...state.repositories.values()].filter((each) => isInstalledIn(installation, each));
  const named = (names ?? []).map((name) => all.find((each) => each.name.toLowerCase() === name.toLowerCase()));
  const found = [...named, ...(ids ?? []).map((id) => all.find((each) => each.id === id))];
  return found.map((each) => {
    if (each === undefined)
      throw refuse(422, "There is at least one repository that does not exist or is not accessible to the parent installation.");
    return each;
  });
}

function checkPermissions({ permissions: granted }: Installation, asked: Permissions): void {
  for (const [name, level] of Object.entries(asked)) {
    if (name === "metadata" || allows(granted, name, level)) continue;
    const what = granted[name] === undefined ? "The permissions requested" : "The level of access for permissions requested";
    throw refuse(422, `${what} are not granted to this installation.`);
  }
}

/** Returns what a token of an installation may do now; undefined for none. Throws GitHub's refusal while not all of GitHub knows it. */
export function grantOf(state: State, value: string): Grant | undefined {
  const { apps } = state;
  const token = apps.tokens.get(value);
  if (token === undefined || token.expiresAt <= apps.now()) return undefined;
  const { installation, repositories, permissions, lag } = token;
  if (!apps.installations.includes(installation)) return undefined;
  if (installation.suspendedAt !== undefined) throw refuse(403, "This installation has been suspended");
  if (lag !== undefined && lag.requests > 0) {
    lag.requests -= 1;
    if (lag.status === 401) return undefined;
    throw lag.status === 404 ? notFound() : refuse(403, "Resource not accessible by integration");
  }
  const isOpen = (each: Repository): boolean => isInstalledIn(installation, each) && (repositories?.includes(each.id) ?? true);
  const names = [...state.repositories.values()].filter(isOpen).map(({ fullName }) => fullName);
  return { login: `${installation.app.slug}[bot]`, read: names, write: names, installation: { permissions } };
}

/** Returns what a token may do by Git itself, for which its permission is `contents`. */
export function gitGrantOf(state: State, value: string): Grant | undefined {
  const grant = grantOf(state, value);
  if (grant?.installation === undefined) return grant;
  const may = (level: "read" | "write"): boolean => allows(grant.installation?.permissions ?? {}, "contents", level);
  return { ...grant, read: may("read") ? (grant.read ?? []) : [], write: may("write") ? (grant.write ?? []) : [] };
}
