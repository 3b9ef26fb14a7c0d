import type { Ports } from "../core/run/ports.ts";
import { asFairleadError, FairleadError, type ErrorCode } from "../core/errors.ts";
import type { ImageRef } from "../core/image/image.ts";
import type { Registry } from "../core/registry/registry.ts";
import { checks, type CheckAnswer, type Check } from "./registry-checks.ts";

/** The result of one check. */
export type Finding = {
  readonly check: string;
  readonly verdict: "yes" | "no" | "unknown";
  readonly detail: string;
  /** A suggested fix; null if there is nothing to do. */
  readonly advice: string | null;
};

/** All findings, and the first failure among those that a build or a retag needs. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly failure: FairleadError | undefined;
}

/** Suggested fixes for errors that have no hint. */
const advices: Partial<Readonly<Record<ErrorCode, string>>> = {
  unavailable: "check the host and the network; for a host without TLS, add --plain-http HOST",
  not_found: "create the repository",
};

/**
 * Returns how a registry treats us, for one repository.
 * Each check is tried at the registry itself, and leaves nothing behind. A check that cannot be tried is answered from
 * the registry's documentation. `word` puts the hint of an error into the words of the entry point. Throws `canceled` when the run is stopped.
 */
export async function examineRegistry(
  ports: Pick<Ports, "images" | "registry">,
  image: ImageRef,
  word: (error: FairleadError) => FairleadError = (error) => error,
): Promise<Examination> {
  const registry = ports.registry(image.registry);
  const findings: Finding[] = [];
  let failure: FairleadError | undefined;
  for (const check of checks) {
    const answer = await tryCheck(check, findings, { images: ports.images, registry, image, word });
    findings.push({ check: check.name, verdict: answer.verdict, detail: answer.detail, advice: answer.advice ?? null });
    if (check.needed) failure ??= answer.error;
  }
  return { findings, failure };
}

async function tryCheck(
  check: Check,
  before: readonly Finding[],
  of: { images: Ports["images"]; registry: Registry; image: ImageRef; word: (error: FairleadError) => FairleadError },
): Promise<CheckAnswer & { readonly error?: FairleadError }> {
  const missing = check.after.find((name) => before.find((each) => each.check === name)?.verdict !== "yes");
  if (missing !== undefined) return { verdict: "unknown", detail: `not tried without "${missing}"` };
  try {
    return await check.ask(of.images, of.image, of.registry);
  } catch (thrown) {
    const { code, message, hint } = of.word(asFairleadError(thrown));
    if (code === "canceled" || code === "internal") throw thrown;
    const advice = hint ?? advices[code];
    // one failure has one advice, wherever it is told
    const error = new FairleadError(code, message, { hint: advice, cause: thrown });
    return { verdict: check.needed ? "no" : "unknown", detail: message, advice, error };
  }
}
