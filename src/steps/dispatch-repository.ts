import { dispatchOnce, inDoubt, known, type Dispatched, type DispatchIdentity } from "../core/dispatch/once.ts";
import { requireDispatch, type RepositoryDispatch } from "../core/git/dispatch.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Step } from "../core/run/step.ts";

/** The event to make. */
export interface DispatchRepositoryInput extends RepositoryDispatch, DispatchIdentity {
  readonly repository: Repository;
  /** The name of the file of the workflow whose run is wanted; undefined: any. */
  readonly workflow: string | undefined;
}

/** Makes an event of a repository, to which workflows listen, once for what has started the run. */
export const dispatchRepository: Step<DispatchRepositoryInput, Dispatched> = {
  name: "dispatch-repository",
  needs: ["contents:write", "workflows:read"],
  key: ({ repository, event, once }) => `${formatRepository(repository)} ${event}${known(once)}`,
  async plan(ctx, input) {
    const { repository, event, payload, workflow, mark } = input;
    const dispatch = requireDispatch(ctx.gitProvider(repository.host), repository);
    const runs = { repository, event: "repository_dispatch", workflow, ref: undefined, mark, title: event } as const;
    const before = await dispatchOnce(ctx, dispatchRepository, input, runs);
    if (before.plan !== undefined) return before.plan;
    return {
      changes: [{ target: `${formatRepository(repository)} ${event}`, action: "run", to: JSON.stringify(payload) }],
      warnings: before.warnings,
      expected: { at: null, run: null },
      async apply() {
        const at = ctx.now().toISOString();
        await dispatch.makeEvent(repository, { event, payload }).catch((error: unknown) => {
          throw inDoubt(error);
        });
        return { at, run: null };
      },
    };
  },
};
