import { Stale } from "../core/errors.ts";
import { formatImage, formatImageRepository, type Digest, type ImageRef } from "../core/image/image.ts";
import type { ReferrerList } from "../core/registry/images.ts";
import type { Change } from "../core/run/change.ts";
import { unchanged, type Context, type Plan, type Step } from "../core/run/step.ts";

/** The repository whose lists of referrers are repaired. */
export interface RepairInput {
  readonly repository: ImageRef;
}

/** Each list that was found: its tag, its digests before and after, and the number of its referrers. */
export type Repaired = {
  readonly repository: string;
  readonly lists: readonly {
    readonly tag: string;
    readonly from: Digest;
    readonly digest: Digest;
    readonly referrers: number;
    readonly changed: boolean;
  }[];
};

/**
 * Writes the lists of referrers anew that older tools left without types and annotations, so that verifiers find what
 * they look for.
 */
export const repairReferrersStep: Step<RepairInput, Repaired> = {
  name: "repair-referrers",
  needs: ["registry:pull", "registry:push"],
  key: ({ repository }) => formatImageRepository(repository),
  async plan(ctx, { repository }) {
    const lists = await ctx.images.referrerLists(repository);
    const wrong = lists.filter(({ before, after }) => after.digest !== before);
    const expected = repaired(repository, lists);
    const warnings = lists.flatMap(({ tag, gone }) =>
      gone.map((digest) => `${formatImage({ ...repository, tag })} lists ${digest}, which is gone, and so is left out`),
    );
    return wrong.length === 0 ? unchanged(expected) : planRepair(ctx, repository, wrong, { warnings, expected });
  },
};

function planRepair(
  ctx: Context,
  repository: ImageRef,
  wrong: readonly ReferrerList[],
  plan: Pick<Plan<Repaired>, "warnings" | "expected">,
): Plan<Repaired> {
  const changes = wrong.map(({ tag, before, after }): Change => {
    return { target: formatImage({ ...repository, tag }), action: "update", from: before, to: after.digest };
  });
  return {
    ...plan,
    changes,
    async apply(signal) {
      for (const { tag, before, after } of wrong) {
        const now = await ctx.images.resolve({ ...repository, tag }, signal);
        if (now?.digest !== before) throw new Stale(`${formatImage({ ...repository, tag })} was changed by somebody else`);
        await ctx.images.tag(repository, after, [tag], signal);
      }
      return plan.expected;
    },
  };
}

function repaired(repository: ImageRef, lists: readonly ReferrerList[]): Repaired {
  return {
    repository: formatImageRepository(repository),
    lists: lists.map(({ tag, before, after, referrers }) => ({
      tag,
      from: before,
      digest: after.digest,
      referrers,
      changed: after.digest !== before,
    })),
  };
}
