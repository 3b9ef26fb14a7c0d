import { z } from "zod";
import { needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byPath } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";

/** Azure Container Registry, which signs nothing: https://learn.microsoft.com/en-us/azure/container-registry/container-registry-webhook-reference */
export const acr: Receiver<object> = {
  name: "acr",
  events: ["image"],
  headers: [],
  proofHeaders: [],
  uniqueBodies: false,
  docs: {
    configured: "`path`",
    proof: "its address alone: what it says is read again",
    setUp: "the webhook's URL",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "path",
  prove: byPath,
  deliveryId: ({ body }) => text(readObject(body), "id") ?? null,
  parse({ body: bytes }) {
    const body = readObject(bytes);
    const action = text(body, "action");
    if (action !== "push") return { ignored: action === "ping" ? "ping" : "action not handled" };
    const image = `${needText(body, "request", "host")}/${needText(body, "target", "repository")}`;
    return allOf([imagePushed(image, text(body, "target", "tag"), text(body, "target", "digest"))], noImage);
  },
};
