import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { AppFacts, AppInstallation, OwnApp, Reach } from "../../src/core/git/app-provider.ts";
import type { Examination, Finding } from "../../src/doctor/registry.ts";
import { repositoriesIn, type Need } from "./needs.ts";
import { isEnough } from "./permissions.ts";

/** The answer to one check. */
export interface Answer {
  readonly verdict: Finding["verdict"];
  readonly detail: string;
  readonly advice?: string | undefined;
}

/** One check of an App. It is asked once those that it comes after have said yes. */
export interface AppCheck {
  readonly check: string;
  readonly after: readonly string[];
  /** Throws what is wrong. */
  readonly ask: () => Promise<Answer>;
}

/** Asks one after the other, and returns the findings, with the first failure. Throws what is no finding: that it was stopped, or a bug. */
export async function examine(checks: readonly AppCheck[]): Promise<Examination> {
  const findings: Finding[] = [];
  let failure: FairleadError | undefined;
  for (const each of checks) {
    const missing = each.after.find((name) => findings.find(({ check }) => check === name)?.verdict !== "yes");
    const { error, verdict, detail, advice } =
      missing === undefined ? await tryCheck(each) : { verdict: "unknown" as const, detail: `not tried without "${missing}"` };
    findings.push({ check: each.check, verdict, detail, advice: advice ?? null });
    failure ??= error;
  }
  return { findings, failure };
}

async function tryCheck({ check, ask }: AppCheck): Promise<Answer & { readonly error?: FairleadError }> {
  try {
    const answer = await ask();
    if (answer.verdict !== "no") return answer;
    return { ...answer, error: new FairleadError("unsupported", `check ${check}: ${answer.detail}`, { hint: answer.advice }) };
  } catch (thrown) {
    const error = asFairleadError(thrown);
    if (error.code === "canceled" || error.code === "internal") throw thrown;
    return { verdict: "no", detail: error.message, advice: error.hint, error };
  }
}

/** Returns how an installation fares with each permission that is needed: one token is asked for each. */
function permissionChecks(
  own: OwnApp,
  installation: () => Promise<AppInstallation>,
  needs: readonly Need[],
  after: readonly string[],
): readonly AppCheck[] {
  return needs.map(({ permission, needs: level }) => ({
    check: `permission:${permission}`,
    after,
    async ask() {
      await own.tryPermission(await installation(), permission, level);
      return { verdict: "yes", detail: level };
    },
  }));
}

/** What is known of an App whose installation is looked at. */
export interface Looked {
  readonly own: OwnApp;
  readonly installation: () => Promise<AppInstallation>;
  readonly needs: readonly Need[];
  /** Returns what opens a repository where the App is not installed. */
  readonly instead: (repository: string) => string | undefined;
}

/** Returns the checks of an installation: whether it is in each repository that runs reach, and has the permissions that they need there. */
export function installationChecks(looked: Looked, after: readonly string[]): readonly AppCheck[] {
  const { own, installation, needs } = looked;
  return [
    { check: "installation", after, ask: async () => answerOf(await installation()) },
    ...repositoriesIn(needs).map((repository) => ({
      check: `repository:${repository}`,
      after: ["installation"],
      ask: async () => await askReach(repository, looked),
    })),
    ...permissionChecks(own, installation, needs, ["installation"]),
  ];
}

async function askReach(repository: string, { own, installation, instead }: Looked): Promise<Answer> {
  const path = repository.slice(repository.indexOf("/") + 1);
  const reach = await own.reach(path);
  if (reach === "installed") return { verdict: "yes", detail: "the App is installed there" };
  const other = instead(repository);
  if (other !== undefined) return { verdict: "yes", detail: `the App is not installed there: runs use the credential of ${other}` };
  throw absent(repository, reach, await installation());
}

/** Returns the error of runs that reach a repository in which the App is not installed. */
export function absent(
  repository: string,
  reach: Reach,
  { all, page, account }: Pick<AppInstallation, "all" | "page" | "account">,
): FairleadError {
  if (reach === "moved")
    return new FairleadError("not_found", `use the App in ${repository}: it has another name by now`, {
      hint: "write its new name into the route",
    });
  const hint = all
    ? `write the name of a repository of ${account} into the route`
    : `add the repository to the installation: open ${page}, or write another name into the route`;
  return new FairleadError("not_found", `use the App in ${repository}: it is not installed there`, { hint });
}

/** Returns how an installation fares. Throws as `examine` does. */
export async function examineInstallation(looked: Looked): Promise<Examination> {
  return await examine(installationChecks(looked, []));
}

/** Returns what is to be said of an installation. Throws `forbidden` for a suspended one. */
export function answerOf({ account, suspended, all }: AppInstallation): Answer {
  if (suspended) {
    const hint = "unsuspend it on the page of the App's installation";
    throw new FairleadError("forbidden", `use the App's installation: it is suspended at ${account}`, { hint });
  }
  return { verdict: "yes", detail: `at ${account}, for ${all ? "all repositories" : "chosen repositories"}` };
}

/** Returns what is to be said of the events that an App is sent. */
export function answerOfEvents({ events }: Pick<AppFacts, "events">, needed: readonly string[]): Answer {
  const missing = needed.filter((each) => !events.includes(each));
  if (missing.length === 0) return { verdict: "yes", detail: needed.length === 0 ? "no route needs one" : needed.join(", ") };
  return { verdict: "no", detail: `it is not sent ${missing.join(", ")}`, advice: "subscribe to these on the App's page" };
}

/** Returns what is granted of each permission that is needed: null where nobody was asked. It is no use where the App is not installed. */
export function grantedOf(
  need: Need,
  installation: AppInstallation | undefined,
  missing: readonly string[],
): { readonly granted: string | null; readonly ok: boolean } {
  if (installation === undefined) return { granted: null, ok: false };
  const granted = installation.permissions.get(need.permission);
  const isThere = need.for.every(({ repository }) => !missing.includes(repository));
  return { granted: granted ?? "none", ok: isThere && isEnough(granted, need.needs) };
}
