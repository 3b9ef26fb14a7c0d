import { z } from "zod";
import { field, needText, needTextOrEmpty, readObject, text } from "../receiver/json.ts";
import { byHmac, byPath } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";

/** The reasons that say that what was asked for is now there. */
const ready = new Set(["ReconciliationSucceeded", "InstallSucceeded", "UpgradeSucceeded"]);

const signed = byHmac("x-signature", "sha256");

/**
 * Flux's notification-controller, providers `generic-hmac` (with a secret) and `generic` (without):
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook
 */
export const flux: Receiver<object> = {
  name: "flux",
  events: ["reconciliation"],
  headers: ["gotk-component"],
  proofHeaders: ["x-signature"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`, or `path`",
    proof: "`X-Signature` with a secret; else its address, and then it starts no run",
    setUp: "a Provider `generic-hmac` (or `generic`), and an Alert",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: ({ secrets }) => (secrets.length > 0 ? "secret" : "path"),
  prove: (opening, endpoint) => (endpoint.secrets.length > 0 ? signed(opening, endpoint) : byPath(opening, endpoint)),
  deliveryId: () => null,
  parse(delivery) {
    const body = readObject(delivery.body);
    const object = field(body, "involvedObject");
    const kind = text(object, "kind");
    if (kind !== "Kustomization" && kind !== "HelmRelease") return { ignored: "object kind not handled" };
    const failed = text(body, "severity") === "error";
    if (!failed && !(text(body, "severity") === "info" && ready.has(text(body, "reason") ?? ""))) return { ignored: "not a final state" };
    const revision = revisionOf(body);
    if (revision === undefined) return { ignored: "no revision" };
    const name = `${kind}/${needText(object, "namespace")}/${needText(object, "name")}`;
    const message = needTextOrEmpty(body, "message");
    return { events: [{ kind: "reconciliation", object: name, revision, ready: !failed, message }] };
  },
};

/** Some versions leave the API group in front of the name. */
function revisionOf(body: object): string | undefined {
  const [group] = (text(body, "involvedObject", "apiVersion") ?? "").split("/", 1);
  return text(body, "metadata", "revision") ?? text(body, "metadata", `${group}/revision`);
}
