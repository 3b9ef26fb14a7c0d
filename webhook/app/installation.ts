import type { AppInstallation, OwnApp } from "../../src/core/git/app-provider.ts";
import { FairleadError, type ErrorCode } from "../../src/core/errors.ts";
import { retry, type Attempted, type Retry } from "../../src/core/retry.ts";
import type { AppWorld } from "./world.ts";

/** Milliseconds between two looks, and those after which nobody is waited for any more. */
const pause = 1_000;
const longest = 60 * 60_000;

/** Returns the installation that runs use: a private App has one. The oldest that is not suspended comes first. */
export function installationOf(all: readonly AppInstallation[]): AppInstallation | undefined {
  return all.find(({ suspended }) => !suspended) ?? all[0];
}

/** Returns the installation, once a person has made it. Throws `unavailable` when nobody does in an hour. */
export async function waitForInstallation(own: OwnApp, { delay }: Pick<AppWorld, "delay">): Promise<AppInstallation> {
  for (let waited = 0; waited < longest; waited += pause) {
    await delay(pause);
    const found = installationOf(await own.installations());
    if (found !== undefined) return found;
  }
  throw new FairleadError("unavailable", "wait for the App's installation: nobody has installed it", {
    hint: "run it again: it goes on from here",
  });
}

/** What the provider answers while not all of it knows a new App. */
const passing: readonly ErrorCode[] = ["unauthenticated", "not_found", "unavailable"];

/** Returns the same App, asked again where the provider may not know it everywhere yet. */
export function patient(own: OwnApp, { delay, signal }: Pick<AppWorld, "delay" | "signal">): OwnApp {
  const options = {
    doing: "ask the new App",
    signal,
    attempts: 4,
    firstPause: 1_000,
    delay: (milliseconds: number) => delay(milliseconds),
  };
  const judge = (ended: Attempted<unknown>): Retry =>
    "error" in ended && ended.error instanceof FairleadError && passing.includes(ended.error.code) ? "back-off" : "no";
  const again = <T>(attempt: () => Promise<T>): Promise<T> => retry(attempt, judge, options);
  return {
    read: () => again(() => own.read()),
    installations: () => again(() => own.installations()),
    hook: () => again(() => own.hook()),
    reach: (path) => again(() => own.reach(path)),
    setHookSecret: (secret) => again(() => own.setHookSecret(secret)),
    tryPermission: (...asked) => again(() => own.tryPermission(...asked)),
  };
}
