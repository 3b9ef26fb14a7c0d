import { z } from "zod";
import type { ResultOf } from "../run/pipeline.ts";

const reference = z
  .object({
    file: z.string().describe("path of the manifest"),
    document: z.int().describe("place of the document in the file, from 0"),
    path: z.string().describe("path of the field in the document"),
    line: z.int().describe("line in the file, from 1"),
    from: z.string().describe("value before the change"),
    to: z.string().describe("value after the change"),
  })
  .describe("Reference to the image in a manifest");

const source = z
  .object({
    repository: z.string().describe("repository that the image was built from"),
    commit: z.string().describe("commit that the image was built from"),
    since: z.string().nullable().describe("commit that the replaced image was built from"),
    compare: z.string().nullable().describe("page of the commits since the replaced image"),
  })
  .describe("Commits that an image brings");

const deployedImage = z
  .object({
    image: z.string().describe("image that is deployed"),
    digest: z.string().nullable().describe("its digest, where it is known"),
    source: source.nullable().describe("commit that it was built from, where the image says so"),
    changes: z.array(reference).describe("references to the image that change; none where the base branch has it already"),
  })
  .describe("Image of a deployment");

/** An image of a change, as the result of a pipeline has it. */
export type DeployedImage = ResultOf<typeof deployedImage>;

/** A reference that a deployment changes. */
export type DeployedReference = ResultOf<typeof reference>;

/** The output of a deployment. `branch` and `pullRequest` are `null` where the base branch deploys the images already. */
export const deployOutput = z
  .object({
    image: z.string().describe("first image that is deployed"),
    branch: z.string().nullable().describe("branch with the change; none where the base branch has it already").meta({ output: "branch" }),
    commit: z.string().nullable().describe("commit with the change"),
    changed: z.boolean().describe("true if the base branch did not have the change").meta({ output: "changed" }),
    changes: z.array(reference).describe("references that change, of all images"),
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
        ended: z.enum(["merged", "closed", "superseded"]).describe("its end: merged, closed or superseded"),
      })
      .describe("Pull request that is no longer open")
      .nullable()
      .describe("last pull request for the same change, which is no longer open"),
    superseded: z.array(z.int()).describe("older pull requests of the same places that were closed in favour of this deployment"),
    leftOpen: z
      .array(z.int())
      .describe("older pull requests that stay open, and may set some of the same places back when they are merged"),
    waited: z
      .object({
        commit: z.string().nullable().describe("commit of the base that has the change"),
        ready: z.boolean().describe("true if Flux has reported that it is ready"),
      })
      .describe("End of the wait")
      .nullable()
      .describe("end of the wait; none without one"),
    images: z.array(deployedImage).describe("each image with its own source and changes, as they were given"),
  })
  .describe("Change of the Flux repository, and its pull request");
