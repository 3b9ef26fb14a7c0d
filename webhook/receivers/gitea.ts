import { z } from "zod";
import { kindsOf, readAsked, type OnRequest } from "../receiver/asked.ts";
import { isForm, jsonOrForm, payloadOf, readPayload } from "../receiver/form.ts";
import { readComment, readRelease, readStatus, readWorkflow } from "../receiver/github-activity.ts";
import { readPullRequest, repositoryOf } from "../receiver/github-payload.ts";
import { headerOrNull } from "../receiver/headers.ts";
import { field, needInteger, text } from "../receiver/json.ts";
import { byBareHmac, ofPart } from "../receiver/proof.ts";
import type { Delivery, Receiver } from "../receiver/receiver.ts";
import { readPush } from "../receiver/refs.ts";

const onRequest: OnRequest = {
  release: { kind: "release", read: readRelease },
  workflow_run: { kind: "workflow", read: readWorkflow },
  status: { kind: "check", read: readStatus },
  issue_comment: { kind: "comment", read: readComment },
};

const signed = byBareHmac("x-gitea-signature", "sha256");

/** Gitea, and Forgejo, which sends the same headers: https://docs.gitea.com/usage/webhooks */
export const gitea: Receiver<object> = {
  name: "gitea",
  events: ["push", "tag", "pull-request"],
  onRequest: kindsOf(onRequest),
  namesAuthor: true,
  headers: ["x-gitea-event", "x-gitea-delivery"],
  proofHeaders: ["x-gitea-signature"],
  uniqueBodies: true,
  docs: {
    configured: "`secrets`",
    proof: "`X-Gitea-Signature`",
    setUp: "type Gitea (Forgejo too), JSON or form, a secret; push and pull request; of the rest what routes and steps ask for",
  },
  limit: 25 * 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => jsonOrForm,
  proof: () => "secret",
  prove(opening, endpoint) {
    const proving = signed(opening, endpoint);
    return proving !== undefined && isForm(opening) ? ofPart(proving, payloadOf) : proving;
  },
  proven: provenPart,
  deliveryId: ({ headers }) => headerOrNull(headers, "x-gitea-delivery"),
  parse(delivery, _options, asked) {
    const body = readPayload(delivery);
    const type = delivery.headers.get("x-gitea-event") ?? "";
    switch (type) {
      case "push":
        return readPush(body, repositoryOf, () => text(body, "after"));
      case "pull_request":
        return readPullRequest(body, "synchronized", isFork);
      default:
        return readAsked(onRequest, type, asked, body);
    }
  },
};

/** Gitea signs its JSON, also where that comes in a form: https://docs.gitea.com/usage/webhooks */
function provenPart(delivery: Delivery): Uint8Array {
  return isForm(delivery) ? Buffer.from(payloadOf(delivery.body)) : delivery.body;
}

/**
 * A push to `refs/for/` opens a pull request from the repository itself, for anybody who may read it: its head is no branch. Once it is merged, its
 * commit is the repository's own. https://docs.gitea.com/usage/agit
 */
function isFork(pull: unknown): boolean {
  if (needInteger(pull, "head", "repo_id") !== needInteger(pull, "base", "repo_id")) return true;
  return (text(pull, "head", "ref") ?? "").startsWith("refs/") && field(pull, "merged") !== true;
}
