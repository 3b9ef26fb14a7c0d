import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { AppFacts, AppInstallation, OwnApp } from "../../src/core/git/app-provider.ts";
import type { Examination, Finding } from "../../src/doctor/registry.ts";
import type { Need } from "./needs.ts";
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
export function permissionChecks(
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

/** Returns how a new installation fares. Throws as `examine` does. */
export async function examinePermissions(own: OwnApp, installation: AppInstallation, needs: readonly Need[]): Promise<Examination> {
  return await examine([
    { check: "installation", after: [], ask: async () => answerOf(await Promise.resolve(installation)) },
    ...permissionChecks(own, () => Promise.resolve(installation), needs, ["installation"]),
  ]);
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

/** Returns what is granted of each permission that is needed: null where nobody was asked. */
export function grantedOf(
  need: Need,
  installation: AppInstallation | undefined,
): { readonly granted: string | null; readonly ok: boolean } {
  if (installation === undefined) return { granted: null, ok: false };
  const granted = installation.permissions.get(need.permission);
  return { granted: granted ?? "none", ok: isEnough(granted, need.needs) };
}
