import { FairleadError } from "../core/errors.ts";
import { judgeCheck, type NamedCheck, type WantedCheck } from "../core/gate/checks.ts";
import { lookAfter } from "../core/gate/pace.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Context, type Plan, type Step } from "../core/run/step.ts";
import { cut } from "../core/text/cut.ts";
import { visible } from "../core/text/visible.ts";

/** Statuses and checks of a commit that all have to pass. */
export interface WaitForInput {
  readonly repository: Repository;
  /** A full SHA. */
  readonly commit: string;
  /** Statuses or checks by their names, such as `ci/test`, or checks of one App. */
  readonly checks: readonly WantedCheck[];
  readonly until: Date;
}

/** The checks that have passed; `passed` is false in a dry run in which one has not. */
export type WaitedFor = { readonly commit: string; readonly passed: boolean };

/** Waits until all named statuses and checks of a commit have passed. Ends with `conflict` as soon as one fails, or when one is missing in time. */
export const waitForStep: Step<WaitForInput, WaitedFor> = {
  name: "wait-for",
  needs: ["statuses:read", "checks:read"],
  at: "event",
  wakesOn: ["check"],
  fresh: true,
  key: ({ repository, commit, checks }) => `${formatRepository(repository)} ${commit} ${checks.map(nameOf).toSorted().join(", ")}`,
  async plan(ctx, input) {
    const { repository, commit, until } = input;
    const found = await readChecks(ctx.gitProvider(repository.host), input);
    const failed = found.find(({ check }) => check.state === "failed");
    if (failed !== undefined) throw failure(input, failed.name, failed.check);
    const left = found.filter(({ check }) => check.state !== "passed");
    if (left.length === 0) return unchanged({ commit, passed: true });
    const seen = left.map(({ name, check }) => `${shown(name)} is ${check.seen}`).join(", ");
    if (ctx.now() >= until)
      throw new FairleadError("conflict", `${doing(input)}: not until ${until.toISOString()}: ${seen}`, {
        hint: "see what became of them, and run it again",
      });
    return waiting(ctx, input, seen);
  },
};

function waiting(ctx: Context, { repository, commit, until }: WaitForInput, seen: string): Plan<WaitedFor> {
  const name = formatRepository(repository);
  const wakeOn = { kind: "check", repository: name, commit } as const;
  return {
    ...unchanged<WaitedFor>({ commit, passed: false }),
    wait: { for: `checks of ${name} ${commit.slice(0, 12)}`, seen, until, wakeOn, lookAfter: lookAfter(ctx) },
  };
}

function doing({ repository, commit }: WaitForInput): string {
  return `wait for checks of ${formatRepository(repository)} ${commit.slice(0, 12)}`;
}

function failure(input: WaitForInput, name: string, { seen, url }: NamedCheck): FairleadError {
  const page = url === undefined ? "" : ` (${cut(visible(url), 500)})`;
  return new FairleadError("conflict", `${doing(input)}: ${shown(name)} is ${seen}${page}`, {
    hint: "let it pass, and run it again, or push another commit",
  });
}

function nameOf(wanted: WantedCheck): string {
  if (typeof wanted === "string") return wanted;
  return wanted.app === undefined ? wanted.name : `${wanted.name} (${wanted.app})`;
}

function shown(name: string): string {
  return cut(visible(name), 100);
}

interface Named {
  readonly name: string;
  readonly check: NamedCheck;
}

/** GitHub lists the statuses of a hundred names at once: one that is not among them is asked for by itself. */
const mostListed = 100;

async function readChecks({ name: kind, statuses, checks }: GitProvider, input: WaitForInput): Promise<readonly Named[]> {
  const { repository, commit } = input;
  if (statuses === undefined) throw new FairleadError("unsupported", `${doing(input)}: ${kind} cannot do this`);
  const { statuses: listed } = await statuses.list(repository, commit);
  return await Promise.all(
    input.checks.map(async (wanted) => {
      const { name, app } = typeof wanted === "string" ? { name: wanted, app: undefined } : wanted;
      const runs = (await checks?.list(repository, commit, name)) ?? [];
      if (app !== undefined) {
        const theirs = runs.filter((run) => run.app === app);
        return { name: nameOf(wanted), check: judgeCheck(undefined, theirs) };
      }
      const own = listed.find(({ context }) => context === name);
      const isCut = own === undefined && listed.length >= mostListed;
      const status = isCut ? (await statuses.history(repository, commit, name)).newest[0] : own;
      return { name, check: judgeCheck(status, runs) };
    }),
  );
}
