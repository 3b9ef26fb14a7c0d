import { z } from "zod";
import { kindsOf, readAsked, type OnRequest } from "../receiver/asked.ts";
import { readPayload } from "../receiver/form.ts";
import { readComment, readRelease, readStatus, readWorkflow } from "../receiver/github-activity.ts";
import { readCheck } from "../receiver/github-check.ts";
import { readDeployment, readDeploymentStatus } from "../receiver/github-deployment.ts";
import { githubHook } from "../receiver/github-hook.ts";
import { readInstallation, readInstallationRepositories } from "../receiver/github-installation.ts";
import { isPackageEvent, readPackage } from "../receiver/github-package.ts";
import { readPullRequest, repositoryOf } from "../receiver/github-payload.ts";
import { isRerun, readRerun } from "../receiver/github-rerun.ts";
import { githubSubscriptions } from "../receiver/github-subscriptions.ts";
import { field, needInteger, text } from "../receiver/json.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { readPush } from "../receiver/refs.ts";

const onRequest: OnRequest = {
  release: { kind: "release", read: readRelease },
  deployment: { kind: "deployment", read: readDeployment },
  deployment_status: { kind: "deployment", read: readDeploymentStatus },
  workflow_run: { kind: "workflow", read: readWorkflow },
  check_run: { kind: "check", read: readCheck },
  status: { kind: "check", read: readStatus },
  issue_comment: { kind: "comment", read: readComment },
  installation: { kind: "installation", read: readInstallation },
  installation_repositories: { kind: "installation", read: readInstallationRepositories },
};

/** GitHub's hooks of repositories, organizations and apps, each of which has one URL and secret for all events: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const github: Receiver<object> = {
  ...githubHook,
  name: "github",
  uniqueBodies: true,
  events: ["push", "tag", "pull-request"],
  namesAuthor: true,
  onRequest: ["image", ...kindsOf(onRequest)],
  docs: {
    configured: "`secrets`",
    proof: "`X-Hub-Signature-256`",
    setUp: "a webhook with a secret, JSON or form; pushes, pull requests; of the rest what routes and steps ask for",
  },
  subscriptions: githubSubscriptions,
  options: z.strictObject({}),
  parse(delivery, _options, asked) {
    const body = readPayload(delivery);
    const type = delivery.headers.get("x-github-event") ?? "";
    if (isRerun(type, body) && asked.has("rerun")) return readRerun(body);
    if (isPackageEvent(type) && asked.has("image")) return readPackage(body, type);
    switch (type) {
      case "push":
        return readPush(body, repositoryOf, tagCommit);
      case "pull_request":
        return readPullRequest(body, "synchronize", isFork);
      case "ping":
        return { ignored: "ping" };
      default:
        return readAsked(onRequest, type, asked, body);
    }
  },
};

/** `after` of an annotated tag is the tag object; only `head_commit` is the commit. */
function tagCommit(body: object): string | undefined {
  return text(body, "head_commit", "id") ?? text(body, "after");
}

/** A fork that was deleted is null. */
function isFork(pull: unknown): boolean {
  const head = field(pull, "head", "repo");
  return head === null || needInteger(head, "id") !== needInteger(pull, "base", "repo", "id");
}
