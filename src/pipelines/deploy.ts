import { z } from "zod";
import type { Context } from "../core/run/step.ts";
import { commitMessage, deployBody, deployTitle, type DeployFacts } from "../core/deploy/text.ts";
import { FairleadError } from "../core/errors.ts";
import { formatImage, unknownDigest } from "../core/image/image.ts";
import { describeImage, replacedImage, type DescribedImage, type ImageSource } from "../core/deploy/image-source.ts";
import { folderInside, image, repository, secret } from "../core/run/input.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { additionsOf, pullRequestFields, refuseWithoutPullRequest, waitFields } from "../core/change/pull-request-fields.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { closePullRequest } from "../steps/close-pull-request.ts";
import { openPullRequest, type OpenedPullRequest } from "../steps/open-pull-request.ts";
import { pushBranch, type PushedBranch } from "../steps/push-branch.ts";
import { wait, type Waited } from "../steps/wait.ts";

const input = z.object({
  image: image().describe("image to deploy, with its tag and, for manifests that pin it, its digest").meta({ positional: 0 }),
  fluxRepository: repository().describe("Git repository that Flux applies"),
  fluxBranch: z.string().min(1).optional().describe("branch that Flux applies; without it, the default branch"),
  fluxPath: folderInside().default("").describe("folder of the Flux repository in which manifests are searched"),
  only: z.string().min(1).optional().describe("one object, or a path of it, as Kind/namespace/name#path"),
  ...pullRequestFields,
  ...waitFields,
  fluxToken: secret(({ fluxRepository }) => ({ for: formatRepository(fluxRepository as Repository), kind: "token" }))
    .optional()
    .describe("token that may push to the Flux repository and open pull requests there"),
});
type DeployInput = z.output<typeof input>;

const output = z
  .object({
    image: z.string().describe("image that is deployed"),
    branch: z.string().nullable().describe("branch with the change; none where the base has it already").meta({ output: "branch" }),
    commit: z.string().nullable().describe("commit with the change"),
    changed: z.boolean().describe("whether the base lacks the change").meta({ output: "changed" }),
    changes: z
      .array(
        z
          .object({
            file: z.string().describe("path of the manifest"),
            document: z.int().describe("place of the document in the file, from 0"),
            path: z.string().describe("where it is in the document"),
            line: z.int().describe("line in the file, from 1"),
            from: z.string().describe("what it was"),
            to: z.string().describe("what it is now"),
          })
          .describe("Reference to the image in a manifest"),
      )
      .describe("references to the image that change"),
    pullRequest: z
      .object({
        number: z.int().nullable().describe("its number").meta({ output: "pull-request-number" }),
        url: z.string().nullable().describe("its page").meta({ output: "pull-request" }),
      })
      .describe("Pull request; before it is opened it has no number")
      .nullable()
      .describe("pull request for the change"),
    previous: z
      .object({
        number: z.int().describe("its number"),
        url: z.string().describe("its page"),
        ended: z.enum(["merged", "closed", "superseded"]).describe("what became of it"),
      })
      .describe("Pull request that is no longer open")
      .nullable()
      .describe("last pull request that asked for the same before"),
    superseded: z.array(z.int()).describe("older pull requests that were closed in favour of this one"),
    waited: z
      .object({
        commit: z.string().nullable().describe("commit of the base that has the change"),
        ready: z.boolean().describe("whether Flux has reported that it is ready"),
      })
      .describe("What was waited for")
      .nullable()
      .describe("what was waited for; none where nothing was"),
  })
  .describe("What is asked of the people who run the cluster");

/** What is asked of the people who run the cluster. `branch` and `pullRequest` are `null` where the base branch deploys the image already. */
export type DeployResult = ResultOf<typeof output>;

/** Opens a pull request in the Flux repository that deploys an image. */
export const deploy = definePipeline({
  name: "deploy",
  summary: "Open a pull request that puts an image into a Flux repository",
  example: "deploy ghcr.io/acme/app:1.4.3 --flux-repository https://github.com/acme/flux",
  runs: "our code",
  input,
  output,
  steps: [pushBranch, openPullRequest, closePullRequest, wait],
  async run(ctx, values) {
    refuseWithoutPullRequest("deploy", values);
    return await deployImage(ctx, values, await describe(ctx, values));
  },
});

/** Does what `deploy` does with an image of which it is known what it was built from. */
export async function deployImage(ctx: Context, values: DeployInput, { digest, source }: DescribedImage): Promise<DeployResult> {
  const { image, fluxRepository, fluxBranch, fluxPath, only, direct, reopen, title } = values;
  const facts = { image, digest, source, changes: [], compare: undefined, previous: undefined, run: ctx.id };
  const where = { repository: fluxRepository, base: fluxBranch, folder: fluxPath, only };
  const { result: pushed } = await ctx.run(pushBranch, {
    ...{ ...where, image, direct, reopen },
    message: (changes) => commitMessage({ ...facts, changes }, title),
  });
  const { branch, commit, changes, previous } = pushed;
  const asks = branch !== null && !direct;
  const opened = asks ? await propose(ctx, values, facts, pushed, branch) : undefined;
  const number = asks ? (opened?.pullRequest.number ?? null) : undefined;
  return {
    ...{ image: formatImage(image), branch, commit, changed: changes.length > 0, changes, previous },
    pullRequest: opened?.pullRequest ?? null,
    superseded: opened?.superseded ?? [],
    waited: await waitFor(ctx, values, pushed, number),
  };
}

/** Opens the pull request, then closes the older ones of its target: in this order there is always one that is open. */
async function propose(
  ctx: Context,
  values: DeployInput,
  facts: DeployFacts,
  { base, changes, previous, marker }: PushedBranch,
  head: string,
): Promise<{ pullRequest: OpenedPullRequest; superseded: readonly number[] }> {
  const { fluxRepository: repository, title, body, draft, autoMerge } = values;
  const told = { ...facts, changes, previous: previous?.number, compare: await findComparePage(ctx, values, facts.source, changes) };
  const { result: pullRequest } = await ctx.run(openPullRequest, {
    ...{ repository, head, base, draft, autoMerge },
    marker: { ...marker, commit: marker.commit ?? undefined },
    text: (run) => ({ title: deployTitle({ ...told, run }, title), body: deployBody({ ...told, run }, body) }),
    additions: additionsOf(values),
  });
  const { number } = pullRequest;
  const { result } = await ctx.run(closePullRequest, { repository, base, target: marker.target, head, number });
  return { pullRequest, superseded: result.closed };
}

async function waitFor(
  ctx: Context,
  { wait: what, timeout, readyStatus: status, fluxRepository: repository }: DeployInput,
  { base, commit }: PushedBranch,
  number: number | null | undefined,
): Promise<Waited | null> {
  if (what === undefined) return null;
  const until = new Date(ctx.began.getTime() + timeout * 60_000);
  return (await ctx.run(wait, { repository, base, for: what, number, commit, status, until })).result;
}

/** What an image tells of itself is read from its registry. In a dry run of `ship` there is no image yet. */
async function describe(ctx: Context, { image }: DeployInput): Promise<DescribedImage> {
  if (image.tag === undefined || image.digest === unknownDigest) return { digest: image.digest, source: undefined };
  const described = await describeImage(ctx.images, image);
  if (described.warning !== undefined) ctx.report({ type: "warning", message: described.warning });
  return described;
}

/** Returns the page of what is new since the image that is replaced, where both were built from one repository. */
async function findComparePage(
  ctx: Context,
  { image }: DeployInput,
  source: ImageSource | undefined,
  changes: PushedBranch["changes"],
): Promise<string | undefined> {
  const before = source === undefined ? undefined : replacedImage(image, changes);
  if (source === undefined || before === undefined) return undefined;
  const { source: old } = await describeImage(ctx.images, before);
  if (old === undefined || old.commit === source.commit || formatRepository(old.repository) !== formatRepository(source.repository))
    return undefined;
  return compareAt(ctx, source.repository, old.commit, source.commit);
}

/** The application may be at a provider of which fairlead knows nothing. */
function compareAt(ctx: Context, repository: Repository, from: string, to: string): string | undefined {
  try {
    return ctx.gitProvider(repository.host).comparePage?.(repository, from, to);
  } catch (error) {
    if (error instanceof FairleadError && error.code === "unsupported") return undefined;
    throw error;
  }
}
