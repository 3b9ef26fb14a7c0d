/** An SNS of our own: a key, a certificate, and what SNS signs. */
import { execFile } from "node:child_process";
import { createSign } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FairleadError } from "../../../src/core/errors.ts";
import type { KeyFetcher } from "../../../webhook/receiver/receiver.ts";

export interface Sns extends KeyFetcher {
  /** The addresses that were asked for, in order. */
  readonly asked: readonly string[];
  /** Returns the message with its signature in the place of the one that it has, by SHA-1 if its `SignatureVersion` is 1. */
  sign(body: Buffer): Buffer;
}

/** Makes a key and a certificate, which is served at every address that ends in `.pem`; every other answers, too. */
export async function createSns(): Promise<Sns> {
  const { key, certificate } = await createCertificate();
  const asked: string[] = [];
  return {
    asked,
    get(url) {
      asked.push(url.href);
      if (url.pathname.includes("missing")) return Promise.reject(new FairleadError("not_found", "get the certificate: HTTP 404"));
      return Promise.resolve(url.pathname.endsWith(".pem") ? certificate : Buffer.from("<ConfirmSubscriptionResponse/>"));
    },
    sign(body) {
      const message = readMessage(body);
      const algorithm = message.SignatureVersion === "1" ? "RSA-SHA1" : "RSA-SHA256";
      const signature = createSign(algorithm).update(signedText(message)).sign(key, "base64");
      // In the text, since the rest of it may be what JSON.stringify could not write again.
      return Buffer.from(body.toString("latin1").replace(/"Signature":\s*"[^"]*"/, `"Signature":"${signature}"`), "latin1");
    },
  };
}

/** What is no message is signed as an empty one. */
function readMessage(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(body.toString()) as object) };
  } catch {
    return {};
  }
}

function signedText(message: Readonly<Record<string, unknown>>): string {
  const notification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
  const confirmation = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const names = message.Type === "Notification" ? notification : confirmation;
  const lines = names.flatMap((name) => (typeof message[name] === "string" ? [name, message[name]] : []));
  return lines.map((line) => `${line}\n`).join("");
}

async function createCertificate(): Promise<{ key: Buffer; certificate: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-sns-"));
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sns.amazonaws.com", "-days", "1"];
  await promisify(execFile)("openssl", [...request, "-keyout", keyFile, "-out", certificateFile]);
  const made = { key: await readFile(keyFile), certificate: await readFile(certificateFile) };
  await rm(folder, { recursive: true });
  return made;
}
