import { z } from "zod";
import { malformed, needText, readObject, text, tryReadObject } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byToken } from "../receiver/proof.ts";
import type { Parsed, Receiver } from "../receiver/receiver.ts";
import { bySns, subscribeUrl } from "../receiver/sns.ts";

/** With topics, an endpoint takes what SNS has signed for them; without, what EventBridge sends with its API key. */
interface Options {
  readonly topicArns?: readonly string[] | undefined;
}

const byApiKey = byToken("x-api-key");

/**
 * Amazon ECR's events by EventBridge, from an API destination or through SNS: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html,
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html and https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
 */
export const ecr: Receiver<Options> = {
  name: "ecr",
  events: ["image"],
  headers: ["x-amz-sns-message-type"],
  proofHeaders: ["x-api-key"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`, or SNS by `options.topicArns`",
    proof: "`X-Api-Key`; or SNS's signature, with the option `topicArns`",
    setUp: "an API destination with an API key; or an HTTPS subscription, without raw delivery, which confirms itself",
  },
  limit: 2 ** 20,
  options: z.strictObject({ topicArns: z.array(z.string().min(1)).min(1).optional() }),
  contentTypes: ({ topicArns }) => (topicArns === undefined ? ["application/json"] : ["application/json", "text/plain"]),
  proof: ({ options }) => (options.topicArns === undefined ? "secret" : "provider"),
  prove(opening, endpoint, fetcher) {
    const { topicArns } = endpoint.options;
    return topicArns === undefined ? byApiKey(opening, endpoint) : bySns(topicArns, fetcher);
  },
  deliveryId: ({ body }, { topicArns }) => text(readObject(body), topicArns === undefined ? "id" : "MessageId") ?? null,
  parse({ body: bytes }, { topicArns }) {
    const body = readObject(bytes);
    if (topicArns === undefined) return readEvent(body);
    if (text(body, "Type") !== "Notification") return { ignored: "subscription confirmed or ended" };
    const event = tryReadObject(needText(body, "Message"));
    return event === undefined ? { ignored: "message is not an event" } : readEvent(event);
  },
  async confirm({ body: bytes }, { topicArns }, fetcher) {
    const body = readObject(bytes);
    if (topicArns === undefined || text(body, "Type") !== "SubscriptionConfirmation") return;
    const url = subscribeUrl(body);
    if (url === undefined) throw malformed("SubscribeURL is missing");
    await fetcher.get(url);
  },
};

function readEvent(event: object): Parsed {
  if (text(event, "source") !== "aws.ecr" || text(event, "detail-type") !== "ECR Image Action")
    return { ignored: "event type not handled" };
  if (text(event, "detail", "action-type") !== "PUSH") return { ignored: "action not handled" };
  if (text(event, "detail", "result") !== "SUCCESS") return { ignored: "push failed" };
  const region = needText(event, "region");
  const host = `${needText(event, "account")}.dkr.ecr.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  const image = `${host}/${needText(event, "detail", "repository-name")}`;
  return allOf([imagePushed(image, text(event, "detail", "image-tag"), text(event, "detail", "image-digest"))], noImage);
}
