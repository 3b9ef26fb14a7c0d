import { type Context, unchanged, type Plan, type Step } from "../core/run/step.ts";
import { FairleadError, Stale } from "../core/errors.ts";
import { formatImageRepository, type ImageRef } from "../core/image/image.ts";
import type { RepositorySetup } from "../core/registry/registry.ts";
import {
  differences,
  onlySettings,
  settingsText,
  type RepositorySettings,
  type RepositoryState,
  type SettingDifference,
} from "../core/registry/repository-settings.ts";

/** The wanted repository and its settings. */
export interface CreateRepositoryInput {
  /** Registry and repository. */
  readonly image: ImageRef;
  readonly settings: RepositorySettings;
  /** Changes an existing repository that differs. */
  readonly update: boolean;
}

/** Makes sure that a repository exists. One that differs is reported, and changed only on request. */
export const createRepositoryStep: Step<CreateRepositoryInput, RepositoryState> = {
  name: "create-repository",
  needs: ["registry:create"],
  key: ({ image }) => formatImageRepository(image),
  async plan(ctx, input) {
    const setup = setupOf(ctx, input.image);
    const existing = await setup.read(input.image);
    return existing === undefined ? planCreate(setup, input) : planUpdate(setup, input, existing);
  },
};

function setupOf(ctx: Context, image: ImageRef): RepositorySetup {
  const { repository } = ctx.registry(image.registry);
  if (repository !== undefined) return repository;
  throw new FairleadError(
    "unsupported",
    `create repository ${formatImageRepository(image)}: not supported by ${image.registry}, which creates repositories on the first push`,
    { hint: "push without --create-repository" },
  );
}

function planCreate(setup: RepositorySetup, { image, settings }: CreateRepositoryInput): Plan<RepositoryState> {
  return {
    changes: [{ target: formatImageRepository(image), action: "create", to: settingsText(settings) }],
    warnings: [],
    expected: { ...nothing, ...settings, repository: formatImageRepository(image) },
    async apply(signal) {
      await setup.create(image, settings, signal).catch((error: unknown) => {
        // somebody else was faster: the next plan looks at their repository
        if (error instanceof FairleadError && error.code === "conflict")
          throw new Stale(`${formatImageRepository(image)} was created by somebody else`);
        throw error;
      });
      return await readBack(setup, image);
    },
  };
}

function planUpdate(setup: RepositorySetup, input: CreateRepositoryInput, existing: RepositoryState): Plan<RepositoryState> {
  const { image, settings, update } = input;
  const differ = differences(settings, existing);
  const kept = differ.filter(({ changeable }) => !(update && changeable));
  const changed = differ.filter(({ changeable }) => update && changeable);
  const warnings = kept.map((each) => warning(image, each));
  if (changed.length === 0) return unchanged(existing, warnings);
  const wanted = onlySettings(
    settings,
    changed.flatMap(({ name }) => together[name] ?? [name]),
  );
  return {
    changes: changed.map(({ title, from, to }) => ({ target: `${formatImageRepository(image)} ${title}`, action: "update", from, to })),
    warnings,
    expected: { ...existing, ...wanted, tags: { ...existing.tags, ...wanted.tags } },
    async apply(signal) {
      const now = await setup.read(image);
      if (JSON.stringify(now) !== JSON.stringify(existing)) throw new Stale(`${formatImageRepository(image)} was changed by somebody else`);
      await setup.update(image, wanted, signal);
      return await readBack(setup, image);
    },
  };
}

/** Settings that one call sets together, so that none is set without the other. */
const together: Readonly<Record<string, readonly string[]>> = {
  tagMutability: ["tagMutability", "tagMutabilityExclusions"],
  tagMutabilityExclusions: ["tagMutability", "tagMutabilityExclusions"],
};

function warning(image: ImageRef, { title, from, to, changeable }: SettingDifference): string {
  const what = `${formatImageRepository(image)}: ${title} is ${from}, not ${to}`;
  return changeable ? `${what}: left as it is, update changes it` : `${what}: it cannot be changed, only another repository can have it`;
}

async function readBack(setup: RepositorySetup, image: ImageRef): Promise<RepositoryState> {
  const existing = await setup.read(image);
  if (existing === undefined) throw new Stale(`${formatImageRepository(image)} was deleted by somebody else`);
  return existing;
}

/** The settings of a repository that does not exist yet. */
const nothing: Omit<RepositoryState, "repository"> = {
  arn: null,
  tagMutability: null,
  tagMutabilityExclusions: [],
  scanOnPush: null,
  encryption: null,
  kmsKey: null,
  lifecyclePolicy: null,
  repositoryPolicy: null,
  tags: {},
};
