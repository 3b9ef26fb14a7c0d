import { z } from "zod";
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { headerOrNull } from "../receiver/headers.ts";
import { field, list, needInteger, needList, needText, readObject, text } from "../receiver/json.ts";
import { allOf, pullRequestChanged } from "../receiver/parsed.ts";
import { byHmac } from "../receiver/proof.ts";
import type { EventBody, Parsed, Receiver } from "../receiver/receiver.ts";
import { branchPushed, hostOf, isZero, tagPushed } from "../receiver/refs.ts";

/** Bitbucket Server and Data Center: https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html */
export const bitbucketServer: Receiver<object> = {
  name: "bitbucket-server",
  events: ["push", "tag", "pull-request"],
  namesAuthor: true,
  headers: ["x-event-key", "x-request-id"],
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
  deliveryId: ({ headers }) => headerOrNull(headers, "x-request-id"),
  parse(delivery) {
    const body = readObject(delivery.body);
    const event = delivery.headers.get("x-event-key") ?? "";
    if (event === "diagnostics:ping") return { ignored: "ping" };
    if (event === "repo:refs_changed") {
      const changes = needList(body, "changes").map((change) => readChange(body, change));
      return allOf(changes, "no branch or tag has a new head");
    }
    const action = actions.get(event);
    return action === undefined ? { ignored: "event type not handled" } : readPullRequest(body, action);
  },
};

type Action = PullRequestEvent["action"];

const actions = new Map<string, Action>([
  ["pr:opened", "opened"],
  ["pr:from_ref_updated", "updated"],
  ["pr:merged", "merged"],
  ["pr:declined", "closed"],
  ["pr:deleted", "closed"],
]);

/** Returns undefined for a deletion and for what is neither branch nor tag. */
function readChange(body: object, change: unknown): EventBody | undefined {
  const type = needText(change, "ref", "type");
  if (text(change, "type") === "DELETE" || (type !== "BRANCH" && type !== "TAG")) return undefined;
  const commit = needText(change, "toHash");
  if (isZero(commit)) return undefined;
  const name = needText(change, "ref", "displayId");
  const repository = repositoryName(field(body, "repository"), []);
  return type === "TAG" ? tagPushed(repository, name, commit) : branchPushed(repository, name, commit, text(change, "fromHash"));
}

function readPullRequest(body: object, action: Action): Parsed {
  const pull = field(body, "pullRequest");
  const repository = (ref: "fromRef" | "toRef"): unknown => field(pull, ref, "repository");
  const change = {
    repository: repositoryName(repository("toRef"), list(pull, "links", "self") ?? []),
    number: needInteger(pull, "id"),
    action,
    branch: needText(pull, "fromRef", "displayId"),
    commit: needText(pull, "fromRef", "latestCommit"),
    base: needText(pull, "toRef", "displayId"),
    fork: needInteger(repository("fromRef"), "id") !== needInteger(repository("toRef"), "id"),
  };
  return { events: [pullRequestChanged(change, text(pull, "properties", "mergeCommit", "id"))] };
}

/** Administrators can hide the links; without any, the host is unknown and the name is `KEY/slug` alone. */
function repositoryName(repository: unknown, otherLinks: readonly unknown[]): string {
  const clones = (list(repository, "links", "clone") ?? []).filter((link) => text(link, "name") === "http");
  const links = [...(list(repository, "links", "self") ?? []), ...clones, ...otherLinks];
  const host = links.map((link) => hostOf(text(link, "href") ?? "")).find((each) => each !== undefined);
  const path = `${needText(repository, "project", "key")}/${needText(repository, "slug")}`;
  return host === undefined ? path : `${host}/${path}`;
}
