/** The parts that all hooks of GitHub share: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
import { jsonOrForm } from "./form.ts";
import { headerOrNull } from "./headers.ts";
import { byHmac } from "./proof.ts";
import type { Verified } from "./receiver.ts";

/** A receiver of GitHub's hooks but for what it reads. The SHA-1 header is not looked at. */
export const githubHook = {
  headers: ["x-github-event", "x-github-delivery", "x-github-hook-id"],
  proofHeaders: ["x-hub-signature-256"],
  limit: 25 * 2 ** 20,
  contentTypes: (): readonly string[] => jsonOrForm,
  proof: (): "secret" => "secret",
  prove: byHmac("x-hub-signature-256", "sha256"),
  deliveryId: (delivery: Verified): string | null => headerOrNull(delivery.headers, "x-github-delivery"),
};
