import { z } from "zod";
import type { AdapterEnvironment, CiJob } from "../../core/adapter.ts";

const event = z.object({ pull_request: z.object({ number: z.int(), head: z.object({ sha: z.string() }) }).optional() });

/**
 * Returns the job of GitHub Actions in which this process is. Of a pull request the commit is its head: `GITHUB_SHA` is a merge of it that nobody sees.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export const githubJob: NonNullable<AdapterEnvironment["job"]> = (env, read): CiJob | undefined => {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA, GITHUB_RUN_ID, GITHUB_EVENT_PATH } = env;
  const server = URL.parse(GITHUB_SERVER_URL ?? "");
  if (GITHUB_ACTIONS !== "true" || server === null || GITHUB_REPOSITORY === undefined || GITHUB_SHA === undefined) return undefined;
  const pull = pullOf(GITHUB_EVENT_PATH === undefined ? undefined : read(GITHUB_EVENT_PATH));
  return {
    repository: `${server.host}/${GITHUB_REPOSITORY}`,
    commit: pull?.head.sha ?? GITHUB_SHA,
    pullRequest: pull?.number,
    url: GITHUB_RUN_ID === undefined ? undefined : `${server.origin}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
  };
};

function pullOf(text: string | undefined): z.output<typeof event>["pull_request"] {
  try {
    return event.parse(JSON.parse(text ?? "{}")).pull_request;
  } catch {
    return undefined;
  }
}
