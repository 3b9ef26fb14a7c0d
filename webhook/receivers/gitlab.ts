import { z } from "zod";
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { kindsOf, readAsked, type OnRequest } from "../receiver/asked.ts";
import { projectOf, readGitlabDeployment, readGitlabRelease, readJob, readNote, readPipeline } from "../receiver/gitlab-activity.ts";
import { headerOrNull } from "../receiver/headers.ts";
import { field, needInteger, needText, readObject, text } from "../receiver/json.ts";
import { pullRequestChanged } from "../receiver/parsed.ts";
import { headerBytes, isOneOf, provenIf, secretKeys } from "../receiver/proof.ts";
import type { Parsed, Receiver } from "../receiver/receiver.ts";
import { readPush } from "../receiver/refs.ts";
import { bySigningToken, isSigningToken } from "../receiver/standard-webhooks.ts";

const onRequest: OnRequest = {
  "Release Hook": { kind: "release", read: readGitlabRelease },
  "Deployment Hook": { kind: "deployment", read: readGitlabDeployment },
  "Pipeline Hook": { kind: "workflow", read: readPipeline },
  "Job Hook": { kind: "check", read: readJob },
  "Note Hook": { kind: "comment", read: readNote },
};

/**
 * GitLab's hooks of projects and groups, with a secret token or a signing token:
 * https://docs.gitlab.com/user/project/integrations/webhook_events/ and https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const gitlab: Receiver<object> = {
  name: "gitlab",
  events: ["push", "tag", "pull-request"],
  onRequest: kindsOf(onRequest),
  namesAuthor: true,
  headers: ["x-gitlab-event", "x-gitlab-event-uuid", "webhook-id", "webhook-timestamp", "idempotency-key"],
  proofHeaders: ["x-gitlab-token", "webhook-signature"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`X-Gitlab-Token`, or a signing token `whsec_…` (the clock may be 5 min off)",
    setUp: "push, tag push and merge request events; of the rest what routes and steps ask for",
  },
  limit: 25 * 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove(opening, { secrets }) {
    const keys = secretKeys(secrets);
    const tokens = keys.filter((key) => !isSigningToken(key));
    return provenIf(isOneOf(headerBytes(opening, "x-gitlab-token"), tokens)) ?? bySigningToken(opening, keys.filter(isSigningToken));
  },
  deliveryId: ({ headers }) => headerOrNull(headers, "webhook-id") ?? headerOrNull(headers, "idempotency-key"),
  parse(delivery, _options, asked) {
    const body = readObject(delivery.body);
    const type = delivery.headers.get("x-gitlab-event") ?? "";
    switch (type) {
      case "Push Hook":
        return readPush(body, projectOf, () => text(body, "head_commit", "id") ?? text(body, "after"));
      case "Tag Push Hook":
        return readPush(body, projectOf, () => text(body, "checkout_sha"));
      case "Merge Request Hook":
        return readMergeRequest(body);
      default:
        return readAsked(onRequest, type, asked, body);
    }
  },
};

const actions = new Map<string, PullRequestEvent["action"]>([
  ["open", "opened"],
  ["reopen", "opened"],
  ["update", "updated"],
  ["merge", "merged"],
  ["close", "closed"],
]);

/** GitLab sends requests without an action or a commit too, and turns off a hook that has answered some with 4xx: they are ignored. */
function readMergeRequest(body: object): Parsed {
  const request = field(body, "object_attributes");
  const action = actions.get(text(request, "action") ?? "");
  const commit = text(request, "last_commit", "id");
  if (action === undefined) return { ignored: "merge request action not handled" };
  if (action === "updated" && text(request, "oldrev") === undefined) return { ignored: "merge request has no new commits" };
  if (commit === undefined) return { ignored: "merge request has no commit" };
  const change = {
    repository: projectOf(body),
    number: needInteger(request, "iid"),
    action,
    branch: needText(request, "source_branch"),
    commit,
    base: needText(request, "target_branch"),
    fork: isFork(request),
  };
  return { events: [pullRequestChanged(change, text(request, "merge_commit_sha"))] };
}

/** A fork that was deleted is null. */
function isFork(request: unknown): boolean {
  const target = needInteger(request, "target_project_id");
  return field(request, "source_project_id") === null || needInteger(request, "source_project_id") !== target;
}
