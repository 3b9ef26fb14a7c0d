import { z } from "zod";
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { field, malformed, needInteger, needList, needText, readObject, text } from "../receiver/json.ts";
import { allOf, pullRequestChanged } from "../receiver/parsed.ts";
import { basicPassword, isOneOf, provenIf, secretKeys } from "../receiver/proof.ts";
import type { EventBody, Parsed, Receiver } from "../receiver/receiver.ts";
import { branchPushed, isZero, repositoryName, splitRef, tagPushed } from "../receiver/refs.ts";

/** Azure DevOps, by web hooks among its service hooks: https://learn.microsoft.com/en-us/azure/devops/service-hooks/events */
export const azureDevops: Receiver<object> = {
  name: "azure-devops",
  events: ["push", "tag", "pull-request"],
  namesAuthor: true,
  headers: [],
  proofHeaders: ["authorization"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`Authorization`: Basic with the secret as password",
    setUp:
      "a service hook Web Hooks for code pushed, pull request created and updated, with basic authentication and all details; updated by pushes or by status alone",
  },
  limit: 25 * 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: (opening, { secrets }) => provenIf(isOneOf(basicPassword(opening), secretKeys(secrets))),
  deliveryId: ({ body }) => text(readObject(body), "id") ?? null,
  parse({ body: bytes }) {
    const body = readObject(bytes);
    const resource = field(body, "resource");
    switch (text(body, "eventType") ?? "") {
      case "git.push":
        return readUpdates(resource);
      case "git.pullrequest.created":
      case "git.pullrequest.updated":
      case "git.pullrequest.merged":
        return readPullRequest(resource, text(body, "eventType")!);
      default:
        return { ignored: "event type not handled" };
    }
  },
};

function readUpdates(push: unknown): Parsed {
  const updates = needList(push, "refUpdates").map((update) => readUpdate(push, update));
  return allOf(updates, "no branch or tag has a new head");
}

/** Returns undefined for a deletion and for what is neither branch nor tag. */
function readUpdate(push: unknown, update: unknown): EventBody | undefined {
  const { kind, name } = splitRef(needText(update, "name"));
  const commit = needText(update, "newObjectId");
  if (kind === undefined || isZero(commit)) return undefined;
  if (kind === "tag") return tagPushed(repositoryOf(push), name, commit);
  return branchPushed(repositoryOf(push), name, commit, text(update, "oldObjectId"));
}

function readPullRequest(pull: unknown, eventType: string): Parsed {
  const action = actionOf(eventType, needText(pull, "status"));
  if (action === undefined) return { ignored: "pull request action not handled" };
  const fork = field(pull, "forkSource");
  const change = {
    repository: repositoryOf(pull),
    number: needInteger(pull, "pullRequestId"),
    action,
    branch: branchOf(pull, "sourceRefName"),
    commit: needText(pull, "lastMergeSourceCommit", "commitId"),
    base: branchOf(pull, "targetRefName"),
    fork: fork !== undefined && fork !== null,
  };
  return { events: [pullRequestChanged(change, text(pull, "lastMergeCommit", "commitId"))] };
}

/** `merged` says that a merge was tried, to look for conflicts as well: only the status says what has become of the request. */
function actionOf(eventType: string, status: string): PullRequestEvent["action"] | undefined {
  if (status === "completed") return "merged";
  if (status === "abandoned") return "closed";
  if (status !== "active" || eventType === "git.pullrequest.merged") return undefined;
  return eventType === "git.pullrequest.created" ? "opened" : "updated";
}

function branchOf(pull: unknown, name: "sourceRefName" | "targetRefName"): string {
  const ref = splitRef(needText(pull, name));
  if (ref.kind !== "branch") throw malformed(`${name} is no branch`);
  return ref.name;
}

function repositoryOf(resource: unknown): string {
  return repositoryName(needText(resource, "repository", "remoteUrl"));
}
