import { z } from "zod";
import { adapters, tokenDefault } from "../adapters.ts";
import type { Context } from "../core/run/step.ts";
import type { ProposedChange } from "../core/change/change.ts";
import { bumpOf, deployedImage, deployedReference, readRange, readSource, type SourcedImage } from "../core/deploy/image-bump.ts";
import { setImages } from "../core/deploy/image-change.ts";
import { distinctImages, inOrder } from "../core/deploy/image-set.ts";
import { imagesField, onlyField } from "../core/deploy/images-field.ts";
import { deployOutput } from "../core/deploy/output.ts";
import { deployFacts } from "../core/deploy/facts.ts";
import { commitMessage, deployBody, deployTitle, placeholders, type DeployFacts } from "../core/deploy/text.ts";
import { waitFields, waitRule } from "../core/deploy/wait-fields.ts";
import { waitForImageField } from "../core/image/wait-field.ts";
import { mapLimited } from "../core/limit.ts";
import { imagesAtOnce } from "../core/registry/images.ts";
import { appFields, appRule } from "../core/run/app-fields.ts";
import { folderInside, repository, secret, type FieldMeta } from "../core/run/input.ts";
import { inGroup } from "../core/run/in-group.ts";
import { namedOnly } from "../core/run/named-only.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { withRules } from "../core/run/rules.ts";
import { additionsOf, directRule, pullRequestFields } from "../core/change/pull-request-fields.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { checkEarlier } from "../steps/check-earlier.ts";
import { closePullRequest, type ClosedPullRequests } from "../steps/close-pull-request.ts";
import { openPullRequest, type OpenedPullRequest } from "../steps/open-pull-request.ts";
import { pushBranch, type PushedBranch } from "../steps/push-branch.ts";
import { waitForImage } from "../steps/wait-for-image.ts";
import { waitStep, type Waited } from "../steps/wait.ts";
import { waitForImages } from "./wait-for-images.ts";

const fields = z.object({
  images: imagesField().describe("image to deploy, with its tag and, where manifests pin it, its digest; several make one pull request"),
  fluxRepository: repository()
    .describe("change the manifests of this Git repository, which Flux applies")
    .meta({ placeholder: "URL", written: true, writtenBranch: "fluxBranch" } satisfies FieldMeta),
  ...inGroup("Flux repository", {
    ...namedOnly({
      environment: z
        .string()
        .min(1)
        .optional()
        .describe("deploy to this environment of the configuration: it says the Flux repository, branch and folder that are not given")
        .meta({ byDefault: "none", placeholder: "NAME", configured: true } satisfies FieldMeta),
    }),
    fluxBranch: z
      .string()
      .min(1)
      .optional()
      .describe("change this branch, which Flux applies")
      .meta({ byDefault: "the default branch" } satisfies FieldMeta),
    fluxPath: folderInside()
      .default("")
      .describe("search for the image only in this folder of the Flux repository")
      .meta({ byDefault: "all folders", placeholder: "DIR" } satisfies FieldMeta),
    only: onlyField,
  }),
  ...inGroup(
    "Pull request",
    pullRequestFields({
      placeholders,
      base: "the branch that Flux applies",
      ownTitle: "deploy REPOSITORY TAG",
      ownBody: "a table of the changes, with their commits",
    }),
  ),
  ...inGroup("Wait", waitFields),
  ...inGroup("Wait", waitForImageField),
  ...namedOnly({ unchecked: z.boolean().default(false).describe("deploy an image even if its registry does not have it") }),
  fluxToken: secret(({ fluxRepository }) => ({ for: formatRepository(fluxRepository as Repository), kind: "token" }))
    .optional()
    .describe("push to the Flux repository and open pull requests there with this token")
    .meta({ byDefault: tokenDefault(adapters.gitProviders) } satisfies FieldMeta),
  ...appFields(),
});

/** The rules over the fields of a deployment, for every pipeline that deploys. */
export const deployRules = [directRule, waitRule, appRule];
const input = withRules(fields, deployRules);
type DeployInput = Omit<z.output<typeof input>, "images" | "unchecked" | "waitForImage">;

/** The result of a deployment. */
export type DeployResult = ResultOf<typeof deployOutput>;

/** Opens a pull request in the Flux repository that deploys images. */
export const deploy = definePipeline({
  name: "deploy",
  summary: "Open a pull request that puts images into a Flux repository",
  examples: [
    "deploy ghcr.io/acme/app:1.4.3 --flux-repository https://github.com/acme/fleet",
    "deploy ghcr.io/acme/app:1.4.3 --flux-repository https://github.com/acme/fleet --flux-path clusters/production --dry-run",
  ],
  runs: "our code",
  input,
  output: deployOutput,
  steps: [waitForImage, checkEarlier, pushBranch, openPullRequest, closePullRequest, waitStep],
  async run(ctx, values) {
    const images = distinctImages(values.images);
    await waitForImages(ctx, images, values.waitForImage);
    const mayBeMissing = values.unchecked || (ctx.dryRun && values.waitForImage !== undefined); // a dry run does not wait
    const sourced = await mapLimited(imagesAtOnce, images, (image) => readSource(ctx, image, mayBeMissing));
    return await deployImages(ctx, values, sourced);
  },
  facts: deployFacts,
});

/** Does what `deploy` does with images of which it is known what they were built from. */
export async function deployImages(ctx: Context, values: DeployInput, sourced: readonly SourcedImage[]): Promise<DeployResult> {
  const { fluxRepository, fluxBranch, fluxPath, only, direct, reopen, title } = values;
  await checkOrder(ctx, values, sourced);
  const change = setImages({ folder: fluxPath, only, images: sourced.map(({ image }) => image) });
  const factsOf = (changes: PushedBranch["changes"]): DeployFacts => ({
    bumps: inOrder(sourced.map((each) => bumpOf(each, changes))),
    previous: undefined,
    run: ctx.id,
  });
  const { result: pushed } = await ctx.run(pushBranch, {
    repository: fluxRepository,
    base: fluxBranch,
    change,
    direct,
    reopen,
    message: (changes) => commitMessage(factsOf(changes), title),
  });
  const { branch, commit, changes, previous } = pushed;
  const bumps = await mapLimited(imagesAtOnce, sourced, (each) => readRange(ctx, bumpOf(each, changes)));
  const facts = { bumps: inOrder(bumps), previous: previous?.number, run: ctx.id };
  const opened = branch !== null && !direct ? await propose(ctx, values, facts, pushed, branch) : undefined;
  const { closed, left } = await closeOlder(ctx, values, facts, pushed, opened, (tree, breathe) => change.edit(tree, breathe));
  const [first] = bumps.map(deployedImage);
  return {
    image: first?.image ?? "",
    branch,
    commit,
    changed: changes.length > 0,
    changes: changes.map(deployedReference),
    previous,
    pullRequest: opened === undefined ? null : { number: opened.number, url: opened.url },
    superseded: closed,
    leftOpen: left,
    waited: await waitFor(ctx, values, pushed, opened?.number),
    images: bumps.map(deployedImage),
  };
}

/** What is deployed to an environment is what the environments before it have. */
async function checkOrder(ctx: Context, values: DeployInput, images: readonly SourcedImage[]): Promise<void> {
  const { environment, fluxRepository: repository, fluxBranch: branch } = values;
  if (environment === undefined || ctx.earlier(environment).length === 0) return;
  await ctx.run(checkEarlier, { environment, images, repository, branch });
}

/** Opens the pull request. Only then the older ones are closed: in this order there is always one that is open. */
async function propose(
  ctx: Context,
  values: DeployInput,
  facts: DeployFacts,
  { base, marker }: PushedBranch,
  head: string,
): Promise<OpenedPullRequest> {
  const { fluxRepository: repository, title, body, draft, autoMerge } = values;
  const { result } = await ctx.run(openPullRequest, {
    repository,
    head,
    base,
    draft,
    autoMerge,
    marker: { ...marker, commit: marker.commit ?? undefined },
    text: (run) => ({ title: deployTitle({ ...facts, run }, title), body: deployBody({ ...facts, run }, body) }),
    additions: additionsOf(values),
  });
  return result;
}

/** However the images get there, no older pull request is left to land after them. */
async function closeOlder(
  ctx: Context,
  { fluxRepository: repository }: DeployInput,
  { bumps }: DeployFacts,
  { base, branch, commit, changes, holding, marker: { change, targets } }: PushedBranch,
  opened: OpenedPullRequest | undefined,
  edit: ProposedChange["edit"],
): Promise<ClosedPullRequests> {
  const { result } = await ctx.run(closePullRequest, {
    repository,
    base,
    change,
    targets,
    edit,
    changes,
    holding,
    head: opened === undefined ? null : branch,
    number: opened?.number ?? null,
    newest: opened?.newest ?? null,
    commit,
    because: bumps.length === 1 ? "which deploys another image to the same place" : "which deploys other images to the same places",
  });
  return result;
}

async function waitFor(
  ctx: Context,
  { wait: what, timeout, readyStatus: status, fluxRepository: repository }: DeployInput,
  { base, commit }: PushedBranch,
  number: number | null | undefined,
): Promise<Waited | null> {
  if (what === undefined) return null;
  const until = new Date(ctx.began.getTime() + timeout);
  return (await ctx.run(waitStep, { repository, base, for: what, number, commit, status, until })).result;
}
