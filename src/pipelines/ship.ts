import { z } from "zod";
import type { Context } from "../core/run/step.ts";
import { asFairleadError } from "../core/errors.ts";
import { parseImage, unknownDigest, type ImageRef } from "../core/image/image.ts";
import { deployFacts } from "../core/deploy/facts.ts";
import type { SourcedImage } from "../core/deploy/image-bump.ts";
import { formatDestination, type Destination } from "../core/notify/destination.ts";
import type { Message } from "../core/notify/notifier.ts";
import type { Notified } from "../steps/notify.ts";
import { waitForImage } from "../steps/wait-for-image.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { build, buildRules, type BuildResult } from "./build.ts";
import { deploy, deployImages, deployRules, type DeployResult } from "./deploy.ts";
import { destinationForm, destinations, distinct, identityOf, notifierCredentials, notify, post, resultOf } from "./notify.ts";

/** Only a pull request is told of. */
const notifyRule: Rule<{ readonly direct: boolean; readonly notify: readonly Destination[] }> = {
  fields: ["direct", "notify"],
  check: ({ direct, notify }) =>
    direct && notify.length > 0
      ? [
          {
            field: "notify",
            message: "a commit straight to the branch has no pull request",
            hint: "leave these out, or leave out --direct",
          },
        ]
      : [],
};

const { images: _, unchecked: __, waitForImage: ___, ...deployFields } = deploy.input.shape;
const fields = z.object({
  ...build.input.shape,
  ...deployFields,
  notify: destinations
    .default([])
    .describe(`post a message about the pull request to this destination, ${destinationForm}`)
    .meta({ byDefault: "nobody is notified" }),
  ...notifierCredentials,
});
const input = withRules(fields, [...new Set([...buildRules, ...deployRules]), notifyRule]);

const output = z
  .object({
    build: build.output.describe("image that was built, and its places"),
    deploy: deploy.output.describe("change of the Flux repository, and its pull request"),
    notify: notify.output.nullable().describe("messages that were posted; none where nobody was notified"),
    notNotified: z
      .array(
        z
          .object({
            destination: z.string().describe("destination, as it was given"),
            code: z.string().describe("code of the error"),
            message: z.string().describe("error that posting ended with"),
          })
          .describe("Destination that was not notified"),
      )
      .describe("destinations where posting failed"),
  })
  .describe("Results of the build, the deployment and the messages");

/**
 * The results of the three pipelines. `notify` is `null` without a change, without a destination, or if posting failed everywhere: `notNotified` says
 * where and why.
 */
export type ShipResult = ResultOf<typeof output>;

/** Takes a commit to a pull request that deploys it. What is done already is not done again. */
export const ship = definePipeline({
  name: "ship",
  summary: "Build, push and deploy a commit by pull request, and notify your team",
  examples: [
    "ship https://github.com/acme/app --image ghcr.io/acme/app --flux-repository https://github.com/acme/fleet",
    "ship --source . --image ghcr.io/acme/app --flux-repository https://github.com/acme/fleet --notify slack:C0123456789 --dry-run",
  ],
  runs: "their code",
  input,
  output,
  steps: [...build.steps, ...deploy.steps.filter((step) => step !== waitForImage), ...notify.steps],
  async run(ctx, values) {
    const built = await build.run(ctx, values);
    const deployed = await deployImages(ctx, values, [sourceOf(values, built)]);
    return { build: built, deploy: deployed, ...(await tell(ctx, values, built, deployed)) };
  },
  facts: ({ deploy: deployed }, values) => deployFacts(deployed, values),
});

function builtImage({ registry, repository }: ImageRef, { digest, tags, image }: BuildResult): ImageRef {
  const [tag = ""] = tags;
  return digest === unknownDigest ? { registry, repository, tag, digest } : parseImage(image);
}

/** A folder may be a commit of a repository too; its name says which, but not where it is. */
function sourceOf({ image, repository }: Pick<z.output<typeof input>, "image" | "repository">, built: BuildResult): SourcedImage {
  const { digest, commit } = built;
  const source = repository === undefined || commit === null ? undefined : { repository, commit };
  return { image: builtImage(image, built), digest, source };
}

/** A change that is deployed already was told when it was made. */
async function tell(
  ctx: Context,
  values: z.output<typeof input>,
  built: BuildResult,
  deployed: DeployResult,
): Promise<Pick<ShipResult, "notify" | "notNotified">> {
  if (deployed.pullRequest === null) return { notify: null, notNotified: [] };
  const details = { Commit: built.source, Image: built.image, "Pull request": deployed.pullRequest.url ?? "(known after it is opened)" };
  const message: Message = {
    key: identityOf(`${built.image} ${deployed.branch}`),
    title: `${values.image.repository} ${built.tags[0] ?? ""} is ready to deploy`,
    severity: "info",
    fields: Object.entries(details).map(([name, value]) => ({ name, value })),
    link: undefined,
  };
  const told = await ctx.all(distinct(values.notify).map((each) => tryPost(ctx, each, message)));
  const messages = told.flatMap((each) => ("code" in each ? [] : [each]));
  const notNotified = told.flatMap((each) => ("code" in each ? [each] : []));
  return { notify: messages.length === 0 ? null : resultOf(messages), notNotified };
}

type NotNotified = ShipResult["notNotified"][number];

/**
 * A notification that fails is a warning: what was shipped is shipped. Before anything is shipped, a destination where nothing can be posted is an error;
 * one that does not answer may do so later.
 */
async function tryPost(ctx: Context, to: Destination, message: Message): Promise<Notified | NotNotified> {
  try {
    return await post(ctx, to, message, true);
  } catch (error) {
    const failure = asFairleadError(error);
    if (failure.code === "canceled" || (ctx.dryRun && failure.code !== "unavailable")) throw failure;
    ctx.report({ type: "warning", message: failure.message });
    return { destination: formatDestination(to), code: failure.code, message: failure.message };
  }
}
