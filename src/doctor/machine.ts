import { FairleadError, asFairleadError } from "../core/errors.ts";
import type { Examination, Finding } from "./registry.ts";
import type { CheckAnswer } from "./registry-checks.ts";

/** One question to this machine, or to a server that it is to use. */
export interface Question {
  /** The name of the check, such as `git` or `token:github.com`. */
  readonly check: string;
  /** True if what is configured needs it: then a `no` decides the exit code. */
  readonly needed: boolean;
  /** Throws what is wrong. */
  ask(): Promise<CheckAnswer>;
}

/** The options of an examination. */
export interface Patience {
  /** The longest time in milliseconds that a question may take. */
  readonly milliseconds: number;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Returns the findings in the order of the questions, which are asked at once. A question that takes too long is answered `unknown`. */
export async function examineMachine(questions: readonly Question[], patience: Patience): Promise<Examination> {
  const answers = await Promise.all(questions.map((question) => answer(question, patience)));
  const findings = questions.map(({ check }, at): Finding => {
    const { verdict, detail, advice } = answers[at] ?? unanswered;
    return { check, verdict, detail, advice: advice ?? null };
  });
  const failures = questions.flatMap(({ needed, check }, at) => (needed ? (failureOf(check, answers[at] ?? unanswered) ?? []) : []));
  return { findings, failure: failures[0] };
}

type Answered = CheckAnswer & { readonly error?: FairleadError };

const unanswered: CheckAnswer = { verdict: "unknown", detail: "it was not asked" };

async function answer(question: Question, { milliseconds, delay, signal }: Patience): Promise<Answered> {
  const done = new AbortController();
  const late = delay(milliseconds, AbortSignal.any([signal, done.signal])).then((): Answered => ({
    verdict: "unknown",
    detail: `no answer in ${milliseconds / 1000} s`,
    advice: "run it again later",
  }));
  try {
    return await Promise.race([question.ask(), late]);
  } catch (thrown) {
    if (signal.aborted) throw new FairleadError("canceled", "doctor: stopped", { cause: thrown });
    const error = asFairleadError(thrown);
    if (error.code === "internal") throw error;
    return { verdict: "no", detail: error.message, advice: error.hint, error };
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

/** A check that says `no` by itself is an error of the machine. */
function failureOf(check: string, { verdict, detail, advice, error }: Answered): FairleadError | undefined {
  if (verdict !== "no") return undefined;
  return error ?? new FairleadError("unsupported", `check ${check}: ${detail}`, { hint: advice });
}
