// What the functions of the Dagger module share: they take Dagger's values and give objects that Dagger can spell.
import type { Secret } from "@dagger.io/dagger";
import type { z } from "zod";
import { FairleadError } from "./core/errors.ts";
import { runPipeline, type Pipeline } from "./core/pipeline.ts";
import { createRedactor, type Redactor, type Secret as NamedSecret } from "./core/secret.ts";
import type { Json } from "./core/step.ts";
import type { BuildResult } from "./pipelines/build.ts";
import type { DeployResult } from "./pipelines/deploy.ts";
import type { NotifyResult } from "./pipelines/notify.ts";
import type { ShipResult } from "./pipelines/ship.ts";
import { openRun } from "./wire.ts";

/** What was built, and where it is. */
export type BuildOutcome = { image: string; digest: string; tags: string[]; source: string; commit?: string };
/** What is asked of the people who run the cluster. */
export type DeployOutcome = { image: string; branch?: string; commit?: string; pullRequest?: string };
/** Where the message is. */
export type NotifyOutcome = { channel: string; id?: string };
/** What came of building, deploying and telling. */
export type ShipOutcome = { build: BuildOutcome; deploy: DeployOutcome; notify?: NotifyOutcome };

/** Runs a pipeline: what every function of an effect does. Returns its result, throws its FairleadError. */
export async function run<S extends z.ZodObject, Out extends Json>(
  pipeline: Pipeline<S, Out>,
  dryRun: boolean,
  values: Record<string, unknown>,
): Promise<Out> {
  const redactor = createRedactor();
  const stop = new AbortController();
  await using open = openRun({ dryRun, report: () => undefined, signal: stop.signal, redactor });
  return await runPipeline(pipeline, open.options, revealable(values, redactor));
}

/** Returns the values with Dagger's secrets as ours, named after their arguments. */
function revealable(values: Record<string, unknown>, redactor: Redactor): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (isDaggerSecret(value)) return [name, namedSecret(name, value, redactor)];
      return [name, name === "secrets" ? revealable(value as Record<string, unknown>, redactor) : value];
    }),
  );
}

function namedSecret(name: string, secret: Secret, redactor: Redactor): NamedSecret {
  return {
    name,
    async reveal() {
      const value = await secret.plaintext();
      redactor.add(value);
      return value;
    },
  };
}

function isDaggerSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && "plaintext" in value;
}

/** Returns the secrets by name: Dagger's command line gives them none. Throws `input` when there are not as many names. */
export function nameSecrets(names: readonly string[], secrets: readonly Secret[]): Record<string, Secret> {
  if (names.length !== secrets.length) {
    throw new FairleadError("input", `name secrets: there are ${names.length} names and ${secrets.length} secrets`, {
      hint: "give --secret-names one name for each of --secrets",
    });
  }
  return Object.fromEntries(names.map((name, index) => [name, secrets[index]!]));
}

/** Returns what came of `build`, as Dagger spells it: nothing is null, it is left out. */
export function buildOutcome({ image, digest, tags, source, commit }: BuildResult): BuildOutcome {
  return { image, digest, tags: [...tags], source, ...(commit === null ? {} : { commit }) };
}

/** Returns what came of `deploy`, as Dagger spells it: nothing is null, it is left out. */
export function deployOutcome({ image, branch, commit, pullRequest }: DeployResult): DeployOutcome {
  return {
    image,
    ...(branch === null ? {} : { branch }),
    ...(commit === null ? {} : { commit }),
    ...(pullRequest?.url == null ? {} : { pullRequest: pullRequest.url }),
  };
}

/** Returns what came of `notify`, as Dagger spells it: nothing is null, it is left out. */
export function notifyOutcome({ channel, id }: NotifyResult): NotifyOutcome {
  return { channel, ...(id === null ? {} : { id }) };
}

/** Returns what came of `ship`, as Dagger spells it: nothing is null, it is left out. */
export function shipOutcome(result: ShipResult): ShipOutcome {
  const { build, deploy, notify } = result;
  return { build: buildOutcome(build), deploy: deployOutcome(deploy), ...(notify === null ? {} : { notify: notifyOutcome(notify) }) };
}
