/** Amazon SNS over HTTPS: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
import { verify, X509Certificate, type KeyObject } from "node:crypto";
import { asFairleadError } from "../../src/core/errors.ts";
import { field, text, tryReadObject } from "./json.ts";
import type { KeyFetcher, Proving } from "./receiver.ts";

const algorithms = new Map([
  ["1", "RSA-SHA1"],
  ["2", "RSA-SHA256"],
]);

const signedFields = {
  notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  confirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

/** Returns the proof that a message is of SNS, for one of these topics. The signature is in the body, which is parsed to find it. */
export function bySns(topicArns: readonly string[], fetcher: KeyFetcher): Proving {
  const pieces: Uint8Array[] = [];
  return {
    update: (piece) => void pieces.push(piece),
    proven: () => isSnsMessage(Buffer.concat(pieces), topicArns, fetcher),
  };
}

/** Tells whether SNS has signed a message for one of these topics. Its signature alone only proves that it is of some topic. */
async function isSnsMessage(body: Uint8Array, topicArns: readonly string[], fetcher: KeyFetcher): Promise<boolean> {
  const message = tryReadObject(body);
  const algorithm = algorithms.get(text(message, "SignatureVersion") ?? "");
  const certificateUrl = snsUrl(text(message, "SigningCertURL"));
  if (message === undefined || algorithm === undefined || !certificateUrl?.pathname.endsWith(".pem")) return false;
  if (!topicArns.includes(text(message, "TopicArn") ?? "")) return false;
  if (text(message, "SubscribeURL") !== undefined && subscribeUrl(message) === undefined) return false;
  const signature = Buffer.from(text(message, "Signature") ?? "", "base64");
  const key = await keyAt(certificateUrl, fetcher);
  return key !== undefined && verify(algorithm, Buffer.from(signedText(message)), key, signature);
}

/** Returns where a subscription is confirmed, or undefined if the address is not one of SNS. */
export function subscribeUrl(message: object): URL | undefined {
  return snsUrl(text(message, "SubscribeURL"));
}

/** Returns an https address of SNS itself, or undefined. */
function snsUrl(address: string | undefined): URL | undefined {
  const url = URL.parse(address ?? "");
  if (url?.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return undefined;
  return /^sns\.[a-z]{2,4}(-[a-z]{1,16}){1,3}-\d{1,2}\.amazonaws\.com(\.cn)?$/.test(url.hostname) ? url : undefined;
}

/** Each field that is there gives its name and its value, a line each. */
function signedText(message: object): string {
  const names = text(message, "Type") === "Notification" ? signedFields.notification : signedFields.confirmation;
  return names.map((name) => (field(message, name) === undefined ? "" : `${name}\n${text(message, name) ?? ""}\n`)).join("");
}

/** An address at which there is no certificate proves nothing; one that is out of reach may, later. */
async function keyAt(url: URL, fetcher: KeyFetcher): Promise<KeyObject | undefined> {
  try {
    return new X509Certificate(await fetcher.get(url)).publicKey;
  } catch (error) {
    if (asFairleadError(error).code === "unavailable") throw error;
    return undefined;
  }
}
