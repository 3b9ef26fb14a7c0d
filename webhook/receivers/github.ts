import { z } from "zod";
import { readPayload } from "../receiver/form.ts";
import { githubHook } from "../receiver/github-hook.ts";
import { isPackageEvent, readPackage } from "../receiver/github-package.ts";
import { readPullRequest, repositoryOf } from "../receiver/github-payload.ts";
import { field, needInteger, text } from "../receiver/json.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { readPush } from "../receiver/refs.ts";

/** GitHub's hooks of repositories, organizations and apps, each of which has one URL and secret for all events: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const github: Receiver<object> = {
  ...githubHook,
  name: "github",
  uniqueBodies: true,
  events: ["push", "tag", "pull-request"],
  namesAuthor: true,
  onRequest: ["image"],
  docs: {
    configured: "`secrets`",
    proof: "`X-Hub-Signature-256`",
    setUp: "a webhook with a secret, JSON or form; pushes, pull requests; packages for routes of kind `image`",
  },
  options: z.strictObject({}),
  parse(delivery, _options, asked) {
    const body = readPayload(delivery);
    const type = delivery.headers.get("x-github-event") ?? "";
    if (isPackageEvent(type) && asked.has("image")) return readPackage(body, type);
    switch (type) {
      case "push":
        return readPush(body, repositoryOf, tagCommit);
      case "pull_request":
        return readPullRequest(body, "synchronize", isFork);
      case "ping":
        return { ignored: "ping" };
      default:
        return { ignored: "event type not handled" };
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
