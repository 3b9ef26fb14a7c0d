import { z } from "zod";
import { googleKeys, isGoogleToken, type Subscriber } from "../receiver/google-token.ts";
import { readObject, text, tryReadObject } from "../receiver/json.ts";
import { allOf, imagePushed, noImage, splitImage } from "../receiver/parsed.ts";
import { byPath, schemeValue } from "../receiver/proof.ts";
import type { Parsed, Receiver } from "../receiver/receiver.ts";

/** Both or none: a token that is for us and from somebody else proves nothing. */
type Options = Subscriber | { readonly audience?: undefined };

/**
 * Google's Artifact Registry and Container Registry, by a push subscription of Pub/Sub to the topic `gcr`:
 * https://cloud.google.com/artifact-registry/docs/configure-notifications and https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export const gcr: Receiver<Options> = {
  name: "gcr",
  events: ["image"],
  headers: [],
  proofHeaders: ["authorization"],
  uniqueBodies: false,
  docs: {
    configured: "Google by `options.audience`, or `path`",
    proof: "Google's ID token, with the options `audience` and `serviceAccount`; else its address",
    setUp: "topic `gcr` and a push subscription with authentication",
  },
  limit: 2 ** 20,
  options: z.union([z.strictObject({ audience: z.string().min(1), serviceAccount: z.string().min(1) }), z.strictObject({})]),
  contentTypes: () => ["application/json"],
  proof: ({ options }) => (options.audience === undefined ? "path" : "provider"),
  prove(opening, endpoint, fetcher) {
    const { options } = endpoint;
    if (options.audience === undefined) return byPath(opening, endpoint);
    const token = schemeValue(opening, "bearer");
    if (token === undefined) return undefined;
    return {
      update: () => undefined,
      proven: async () => isGoogleToken(token, await fetcher.get(googleKeys), options, opening.receivedAt),
    };
  },
  deliveryId: ({ body }) => text(readObject(body), "message", "messageId") ?? null,
  parse({ body }) {
    const data = text(readObject(body), "message", "data");
    // A message that is none of a registry's is ignored and not refused: Pub/Sub would send it again for days.
    const message = data === undefined ? undefined : tryReadObject(Buffer.from(data, "base64"));
    if (message === undefined) return { ignored: "message is not of a registry" };
    return text(message, "action") === "INSERT" ? readInsert(message) : { ignored: "action not handled" };
  },
};

/** The tag is `image:tag`, the digest `image@digest`. */
function readInsert(message: object): Parsed {
  const tagged = splitImage(text(message, "tag") ?? "");
  const pinned = splitImage(text(message, "digest") ?? "");
  const image = tagged.image === "" ? pinned.image : tagged.image;
  return image === "" ? { ignored: noImage } : allOf([imagePushed(image, tagged.tag, pinned.digest)], noImage);
}
