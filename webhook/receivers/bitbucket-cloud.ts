import { z } from "zod";
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { headerOrNull } from "../receiver/headers.ts";
import { field, needInteger, needList, needText, readObject, text } from "../receiver/json.ts";
import { allOf, pullRequestChanged } from "../receiver/parsed.ts";
import { byHmac } from "../receiver/proof.ts";
import type { EventBody, Parsed, Receiver } from "../receiver/receiver.ts";
import { branchPushed, isZero, tagPushed } from "../receiver/refs.ts";

/** Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ */
export const bitbucketCloud: Receiver<object> = {
  name: "bitbucket-cloud",
  events: ["push", "tag", "pull-request"],
  namesAuthor: true,
  headers: ["x-event-key", "x-request-uuid"],
  proofHeaders: ["x-hub-signature"],
  uniqueBodies: true,
  docs: {
    configured: "`secrets`",
    proof: "`X-Hub-Signature` with SHA-256",
    setUp: "a secret; push and pull request events",
  },
  limit: 25 * 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: byHmac("x-hub-signature", "sha256"),
  deliveryId: ({ headers }) => headerOrNull(headers, "x-request-uuid"),
  parse(delivery) {
    const body = readObject(delivery.body);
    const event = delivery.headers.get("x-event-key") ?? "";
    if (event === "repo:push") {
      const changes = needList(body, "push", "changes").map((change) => readChange(body, change));
      return allOf(changes, "no branch or tag has a new head");
    }
    const action = actions.get(event);
    return action === undefined ? { ignored: "event type not handled" } : readPullRequest(body, action);
  },
};

type Action = PullRequestEvent["action"];

const actions = new Map<string, Action>([
  ["pullrequest:created", "opened"],
  ["pullrequest:updated", "updated"],
  ["pullrequest:fulfilled", "merged"],
  ["pullrequest:rejected", "closed"],
]);

/** Returns undefined for a deletion and for what is neither branch nor tag. */
function readChange(body: object, change: unknown): EventBody | undefined {
  const ref = field(change, "new");
  if (ref === null) return undefined;
  const type = needText(ref, "type");
  if (type !== "branch" && type !== "tag" && type !== "annotated_tag") return undefined;
  const commit = needText(ref, "target", "hash");
  if (isZero(commit)) return undefined;
  const name = needText(ref, "name");
  if (type !== "branch") return tagPushed(repositoryOf(body), name, commit);
  return branchPushed(repositoryOf(body), name, commit, text(change, "old", "target", "hash"));
}

/** The hashes here have twelve digits. */
function readPullRequest(body: object, action: Action): Parsed {
  const pull = field(body, "pullrequest");
  const source = field(pull, "source", "repository");
  const change = {
    repository: repositoryOf(body),
    number: needInteger(pull, "id"),
    action,
    branch: needText(pull, "source", "branch", "name"),
    commit: needText(pull, "source", "commit", "hash"),
    base: needText(pull, "destination", "branch", "name"),
    fork: source === null || needText(source, "full_name") !== text(body, "repository", "full_name"),
  };
  return { events: [pullRequestChanged(change, text(pull, "merge_commit", "hash"))] };
}

function repositoryOf(body: object): string {
  return `bitbucket.org/${needText(body, "repository", "full_name")}`;
}
