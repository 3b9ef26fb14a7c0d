import { z } from "zod";
import { readPullRequest, repositoryOf } from "../receiver/github-payload.ts";
import { headerOrNull } from "../receiver/headers.ts";
import { field, needInteger, readObject, text } from "../receiver/json.ts";
import { byBareHmac } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { readPush } from "../receiver/refs.ts";

/** Gitea, and Forgejo, which sends the same headers: https://docs.gitea.com/usage/webhooks */
export const gitea: Receiver<object> = {
  name: "gitea",
  events: ["push", "tag", "pull-request"],
  headers: ["x-gitea-event", "x-gitea-delivery"],
  proofHeaders: ["x-gitea-signature"],
  uniqueBodies: true,
  docs: {
    configured: "`secrets`",
    proof: "`X-Gitea-Signature`",
    setUp: "type Gitea (Forgejo too), JSON, a secret; push and pull request",
  },
  limit: 25 * 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: byBareHmac("x-gitea-signature", "sha256"),
  deliveryId: ({ headers }) => headerOrNull(headers, "x-gitea-delivery"),
  parse(delivery) {
    const body = readObject(delivery.body);
    switch (delivery.headers.get("x-gitea-event") ?? "") {
      case "push":
        return readPush(body, repositoryOf, () => text(body, "after"));
      case "pull_request":
        return readPullRequest(body, "synchronized", isFork);
      default:
        return { ignored: "event type not handled" };
    }
  },
};

/**
 * A push to `refs/for/` opens a pull request from the repository itself, for anybody who may read it: its head is no branch. Once it is merged, its
 * commit is the repository's own. https://docs.gitea.com/usage/agit
 */
function isFork(pull: unknown): boolean {
  if (needInteger(pull, "head", "repo_id") !== needInteger(pull, "base", "repo_id")) return true;
  return (text(pull, "head", "ref") ?? "").startsWith("refs/") && field(pull, "merged") !== true;
}
