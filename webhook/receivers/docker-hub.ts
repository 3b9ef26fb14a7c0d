import { z } from "zod";
import { needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byPath } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";

/**
 * Docker Hub, which signs nothing and names no digest. Its `callback_url` is not called: it is no longer supported, and the sender chooses it.
 * https://docs.docker.com/docker-hub/repos/manage/webhooks/
 */
export const dockerHub: Receiver<object> = {
  name: "docker-hub",
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
  deliveryId: () => null,
  parse({ body: bytes }) {
    const body = readObject(bytes);
    const name = needText(body, "repository", "repo_name");
    const image = `docker.io/${name.includes("/") ? name : `library/${name}`}`;
    return allOf([imagePushed(image, text(body, "push_data", "tag"), undefined)], noImage);
  },
};
