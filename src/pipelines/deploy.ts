import { z } from "zod";
import { formatImage, type ImageRef } from "../core/image.ts";
import { folderInside, image, repository, secret } from "../core/input.ts";
import { definePipeline } from "../core/pipeline.ts";
import { formatRepository, type Repository } from "../core/repository.ts";
import { openPullRequest, type OpenedPullRequest } from "../steps/open-pull-request.ts";
import { deployTitle, pushBranch, type PushedBranch } from "../steps/push-branch.ts";

const input = z.object({
  image: image().describe("image to deploy, with its tag and, for manifests that pin it, its digest").meta({ positional: 0 }),
  fluxRepository: repository().describe("Git repository that Flux applies"),
  fluxBranch: z.string().min(1).optional().describe("branch that Flux applies; without it, the default branch"),
  fluxPath: folderInside().default("").describe("folder of the Flux repository in which manifests are searched"),
  only: z.string().min(1).optional().describe("one object, or a path of it, as Kind/namespace/name#path"),
  fluxToken: secret(({ fluxRepository }) => ({ for: formatRepository(fluxRepository as Repository), kind: "token" }))
    .optional()
    .describe("token that may push to the Flux repository and open pull requests there"),
});

/** What is asked of the people who run the cluster. `null` where the base branch deploys the image already. */
export type DeployResult = {
  readonly image: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly changes: PushedBranch["changes"];
  readonly pullRequest: OpenedPullRequest | null;
};

/** Opens a pull request in the Flux repository that deploys an image. */
export const deploy = definePipeline({
  name: "deploy",
  summary: "Open a pull request that puts an image into a Flux repository",
  input,
  steps: [pushBranch, openPullRequest],
  async run(ctx, { image, fluxRepository, fluxBranch, fluxPath, only }): Promise<DeployResult> {
    const { result } = await ctx.run(pushBranch, { repository: fluxRepository, base: fluxBranch, folder: fluxPath, only, image });
    const { base, branch, commit, changes } = result;
    const deployed = { image: formatImage(image), branch, commit, changes };
    if (branch === null) return { ...deployed, pullRequest: null };
    const text = { title: deployTitle(image), body: pullRequestBody(image, changes) };
    const opened = await ctx.run(openPullRequest, { repository: fluxRepository, head: branch, base, text });
    return { ...deployed, pullRequest: opened.result };
  },
});

function pullRequestBody(image: ImageRef, changes: PushedBranch["changes"]): string {
  const rows = changes.map(({ file, line, path, from, to }) => `| \`${file}:${line}\` | \`${path}\` | \`${from}\` | \`${to}\` |`);
  return [`Deploys \`${formatImage(image)}\`.`, "", "| where | what | from | to |", "|---|---|---|---|", ...rows, ""].join("\n");
}
