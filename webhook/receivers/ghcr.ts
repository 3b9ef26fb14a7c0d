import { z } from "zod";
import { readPayload } from "../receiver/form.ts";
import { githubHook } from "../receiver/github-hook.ts";
import { isPackageEvent, readPackage } from "../receiver/github-package.ts";
import type { Receiver } from "../receiver/receiver.ts";

/** GitHub's container registry: the package events of a repository or an organization, at an address of their own. */
export const ghcr: Receiver<object> = {
  ...githubHook,
  name: "ghcr",
  uniqueBodies: false,
  events: ["image"],
  docs: {
    configured: "`secrets`",
    proof: "`X-Hub-Signature-256`",
    setUp: "a webhook of its own; the event Packages (or Registry packages); a `github` source takes them too",
  },
  options: z.strictObject({}),
  parse(delivery) {
    const body = readPayload(delivery);
    const type = delivery.headers.get("x-github-event") ?? "";
    if (!isPackageEvent(type)) return { ignored: type === "ping" ? "ping" : "event type not handled" };
    return readPackage(body, type);
  },
};
