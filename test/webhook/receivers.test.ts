import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replay } from "../../webhook/replay.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { casesFolder, casesOf, upstreamFolder, type SavedCase } from "./cases.ts";
import { createSns, type Sns } from "./receiver/sns.ts";

const cases = casesOf(casesFolder);
const upstream = casesOf(upstreamFolder);

/** Returns what a case comes to, without the words that are for people. */
async function outcomeOf(folder: string, sns?: Sns): Promise<SavedCase["expected"]> {
  const { outcome, status, events } = await replay(folder, sns);
  return { outcome, status, events };
}

test("the receivers are sorted by name, and each has cases", () => {
  const names = receivers.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect([...new Set(cases.map(({ source }) => source))]).toEqual(names);
});

test.each(cases.filter(({ request }) => request.proof !== "sns"))("$name", async ({ folder, expected }) => {
  expect(await outcomeOf(folder)).toEqual(expected);
});

describe("signed by SNS", () => {
  let sns: Sns;
  let root: string;
  beforeAll(async () => {
    sns = await createSns();
    root = await mkdtemp(join(tmpdir(), "fairlead-sns-cases-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  /** Copies a case with the message changed and then signed; returns its folder. */
  async function signed({ name, folder, body }: SavedCase, change: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const copy = join(await mkdtemp(join(root, "case-")), name);
    await mkdir(copy, { recursive: true });
    await cp(folder, copy, { recursive: true });
    await writeFile(join(copy, "body"), sns.sign(Buffer.from(JSON.stringify({ ...(JSON.parse(body.toString()) as object), ...change }))));
    return copy;
  }

  const ofSns = cases.filter(({ request }) => request.proof === "sns");
  const named = (name: string): SavedCase => ofSns.find((each) => each.name === `ecr/${name}`)!;

  test.each(ofSns)("$name", async (saved) => {
    expect(await outcomeOf(await signed(saved), sns)).toEqual(saved.expected);
  });

  test.each([
    ["version 1, which is SHA-1", { SignatureVersion: "1" }, 202],
    ["a subject", { Subject: "ECR" }, 202],
    ["an unknown version", { SignatureVersion: "3" }, 401],
    ["a certificate of another host", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem" }, 401],
    ["a certificate of a bucket", { SigningCertURL: "https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/a.pem" }, 401],
    ["a certificate without TLS", { SigningCertURL: "http://sns.eu-west-1.amazonaws.com/a.pem" }, 401],
    ["a certificate at another port", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com:8443/a.pem" }, 401],
    ["a certificate that is in the query", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com/?a=.pem" }, 401],
    ["a certificate that is not there", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com/missing.pem" }, 401],
    ["a subscription elsewhere", { SubscribeURL: "https://evil.example/" }, 401],
    ["a message that is no event", { Message: "hello" }, 200],
  ])("a notification with %s", async (_, change, status) => {
    expect((await outcomeOf(await signed(named("sns-notification"), change), sns)).status).toBe(status);
  });

  test("a message that was changed after it was signed is refused, and asks for nothing but the certificate", async () => {
    const folder = await signed(named("sns-subscription-confirmation"));
    await writeFile(join(folder, "body"), Buffer.from(named("sns-subscription-confirmation").body));
    const before = sns.asked.length;
    expect(await outcomeOf(folder, sns)).toEqual({ outcome: "rejected", status: 401, events: [] });
    expect(sns.asked.slice(before)).toEqual([
      "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    ]);
  });

  test("a subscription is confirmed by one request", async () => {
    const before = sns.asked.length;
    await outcomeOf(await signed(named("sns-subscription-confirmation")), sns);
    expect(sns.asked.slice(before).map((url) => new URL(url).searchParams.get("Action"))).toEqual([null, "ConfirmSubscription"]);
  });

  test("the end of a subscription is confirmed by none", async () => {
    const before = sns.asked.length;
    const folder = await signed(named("sns-subscription-confirmation"), { Type: "UnsubscribeConfirmation" });
    expect(await outcomeOf(folder, sns)).toEqual({ outcome: "ignored", status: 200, events: [] });
    expect(sns.asked.slice(before)).toHaveLength(1);
  });

  test("a certificate that is out of reach is no verdict: the delivery is to come again", async () => {
    expect(await outcomeOf(await signed(named("sns-notification")))).toEqual({ outcome: "rejected", status: 503, events: [] });
  });
});

describe("bodies of other projects, which may not be copied, so that they are not in a clone", () => {
  if (upstream.length === 0) test.skip("are where ../shared/fixtures/receivers-upstream is");
  test.each(upstream)("$name", async ({ folder, expected }) => {
    expect(await outcomeOf(folder)).toEqual(expected);
  });
});
