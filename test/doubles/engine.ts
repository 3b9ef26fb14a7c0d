/** The engine that the set-up chose, if it is not the native one. */
import { readFileSync } from "node:fs";

/**
 * Names it to all processes that are started from here. With Docker, only an engine on the host's network reaches
 * 127.0.0.1.
 */
export function useChosenEngine(): void {
  try {
    process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST ??= readFileSync(".cache/engine-host", "utf8");
  } catch {
    // the native one needs no name
  }
}
