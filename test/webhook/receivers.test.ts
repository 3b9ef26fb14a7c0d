import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../../webhook/config.ts";
import { keptHeaders } from "../../webhook/http/kept-headers.ts";
import { readPushFacts } from "../../webhook/receiver/push-facts.ts";
import { replay } from "../../webhook/replay.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { casesFolder, casesOf, upstreamFolder, type SavedCase } from "./cases.ts";
import { createSns, type Sns } from "./receiver/sns.ts";

const cases = casesOf(casesFolder);
const upstream = casesOf(upstreamFolder);

function kindOf(event: unknown): string {
  return (event as { readonly kind: string }).kind;
}

/** Returns what a case comes to, without the words that are for people. */
async function outcomeOf(folder: string, sns?: Sns, asked?: ReadonlySet<Event["kind"]>): Promise<SavedCase["expected"]> {
  const { outcome, status, events } = await replay(folder, sns, asked);
  return { outcome, status, events };
}

test("the receivers are sorted by name, and each has cases", () => {
  const names = receivers.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect([...new Set(cases.map(({ source }) => source))]).toEqual(names);
});

test("no case of a receiver makes an event of a kind that the receiver does not declare", () => {
  const made = cases.flatMap(({ source, expected }) => expected.events.map((event) => `${source}: ${kindOf(event)}`));
  const declared = new Set(receivers.flatMap(({ name, events }) => events.map((kind) => `${name}: ${kind}`)));
  expect(made.length).toBeGreaterThan(40);
  expect(made.filter((each) => !declared.has(each))).toEqual([]);
});

test("each kind of event that a receiver makes on request has a case, and is never one that our own gate or the API makes", () => {
  const made = new Set(cases.flatMap(({ source, asked }) => (asked?.events ?? []).map((event) => `${source}: ${kindOf(event)}`)));
  const declared = receivers.flatMap(({ name, onRequest = [] }) => onRequest.map((kind) => `${name}: ${kind}`));
  // a github source's images are the cases of ghcr
  expect(declared.filter((each) => !made.has(each))).toEqual(["github: image"]);
  expect([...made].filter((each) => !declared.includes(each))).toEqual(["github: rerun"]); // it counts for runs that there are, and starts no route
  expect(
    receivers.flatMap(({ events, onRequest = [] }) => [...events, ...onRequest]).filter((kind) => /^(approval|call|rerun)$/.test(kind)),
  ).toEqual([]);
});

test.each(cases.flatMap((each) => (each.asked === undefined ? [] : [{ ...each, kinds: each.asked.asked.join(), asked: each.asked }])))(
  "$name: the saved request is received as expected where somebody asks for $kinds",
  async ({ folder, asked: { asked, outcome, status, events } }) => {
    expect(await outcomeOf(folder, undefined, new Set(asked))).toEqual({ outcome, status, events });
  },
);

test("the saved requests of GitHub that a route asks for are what GitHub's own description of its webhooks says", () => {
  const description = JSON.parse(readFileSync("test/fixtures/github-webhooks.json", "utf8")) as object;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "webhooks", ...description });
  const described = cases.filter(({ source, request }) => source === "github" && request.schema !== undefined);
  expect(described.length).toBeGreaterThan(30);
  const wrong = described.flatMap(({ name, body, request: { schema } }) => {
    if (schema === null || schema === undefined) return [];
    const isValid = ajv.compile({ $ref: `webhooks#/webhooks/${schema}` });
    return isValid(JSON.parse(body.toString())) ? [] : [{ name, errors: isValid.errors }];
  });
  expect(wrong).toEqual([]);
  const types = described.map(({ request: { headers, schema } }) => [headers["X-GitHub-Event"]!.replaceAll("_", "-"), schema] as const);
  expect(types.filter(([type, schema]) => schema?.startsWith(type) === false)).toEqual([]);
});

test("each receiver names the headers that are stored in lower case, and none that proves or opens something", () => {
  const named = receivers.flatMap(({ name, headers }) => headers.map((header) => `${name}: ${header}`));
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((each) => each !== each.toLowerCase() || /signature|token|authorization|api-key|secret|cookie/.test(each))).toEqual(
    [],
  );
});

test("only the headers of a delivery that its receiver names are stored", () => {
  const headers = new Map([
    ["content-type", "application/json"],
    ["user-agent", "GitHub-Hookshot/1"],
    ["x-github-event", "push"],
    ["x-gitlab-event", "Push Hook"],
    ["x-hub-signature-256", "sha256=canary"],
    ["authorization", "canary"],
  ]);
  const stored = (source: string) =>
    Object.keys(
      keptHeaders(
        receivers.find(({ name }) => name === source)!,
        headers,
      ),
    );
  expect([stored("github"), stored("gitlab"), stored("quay")]).toEqual([
    ["content-type", "user-agent", "x-github-event"],
    ["content-type", "user-agent", "x-gitlab-event"],
    ["content-type", "user-agent"],
  ]);
});

test("the documented configuration of each receiver says how its requests are proven", () => {
  const secrets = [Buffer.from("secret")];
  const told = receivers.map((receiver) => {
    const options = receiver.options.parse({});
    const proofs = new Set([receiver.proof({ secrets, options }), receiver.proof({ secrets: [], options })]);
    return [receiver.name, proofs.has("secret"), proofs.has("path")];
  });
  expect(told).toEqual(
    receivers.map(({ name, docs }) => [name, docs.configured.includes("`secrets`"), docs.configured.includes("`path`")]),
  );
});

test("no file outside webhook/receivers/ and webhook/receiver/ names a kind of source", () => {
  const files = globSync("webhook/**/*.ts").filter((file) => !/^webhook\/receivers?\//.test(file));
  const names = receivers.map(({ name }) => name).join("|");
  const named = new RegExp(`["'\`](${names})["'\`]|receivers/(?!index\\.ts)`);
  const code = (file: string): string => readFileSync(file, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((file) => named.test(code(file)))).toEqual([]);
});

test.each(cases.filter(({ request }) => request.proof !== "sns"))(
  "$name: the saved request is received as expected",
  async ({ folder, expected }) => {
    expect(await outcomeOf(folder)).toEqual(expected);
  },
);

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

  test.each(ofSns)("$name: the saved request, signed by SNS, is received as expected", async (saved) => {
    expect(await outcomeOf(await signed(saved), sns)).toEqual(saved.expected);
  });

  test.each([
    ["version 1, which is SHA-1", { SignatureVersion: "1" }, 202],
    ["a subject", { Subject: "ECR" }, 202],
    ["an unknown version", { SignatureVersion: "3" }, 401],
    ["a certificate of another host", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem" }, 401],
    ["a certificate of a bucket", { SigningCertURL: "https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/a.pem" }, 401],
    ["a certificate of a bucket that is called sns", { SigningCertURL: "https://sns.s3.amazonaws.com/a.pem" }, 401],
    ["a certificate of a bucket called sns, by its region", { SigningCertURL: "https://sns.s3-us-west-2.amazonaws.com/a.pem" }, 401],
    [
      "a certificate of a bucket called sns, by another name of S3",
      { SigningCertURL: "https://sns.s3-accelerate.amazonaws.com/a.pem" },
      401,
    ],
    ["a certificate without TLS", { SigningCertURL: "http://sns.eu-west-1.amazonaws.com/a.pem" }, 401],
    ["a certificate at another port", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com:8443/a.pem" }, 401],
    ["a certificate that is in the query", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com/?a=.pem" }, 401],
    ["a certificate that is not there", { SigningCertURL: "https://sns.eu-west-1.amazonaws.com/missing.pem" }, 401],
    ["a subscription elsewhere", { SubscribeURL: "https://evil.example/" }, 401],
    ["a message that is no event", { Message: "hello" }, 200],
  ])("an SNS notification with %s gets its status", async (_, change, status) => {
    expect((await outcomeOf(await signed(named("sns-notification"), change), sns)).status).toBe(status);
  });

  test("an SNS message that was changed after signing is refused, and only the certificate is fetched", async () => {
    const folder = await signed(named("sns-subscription-confirmation"));
    await writeFile(join(folder, "body"), Buffer.from(named("sns-subscription-confirmation").body));
    const before = sns.asked.length;
    expect(await outcomeOf(folder, sns)).toEqual({ outcome: "rejected", status: 401, events: [] });
    expect(sns.asked.slice(before)).toEqual([
      "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    ]);
  });

  test("an SNS subscription is confirmed by one request", async () => {
    const before = sns.asked.length;
    await outcomeOf(await signed(named("sns-subscription-confirmation")), sns);
    expect(sns.asked.slice(before).map((url) => new URL(url).searchParams.get("Action"))).toEqual([null, "ConfirmSubscription"]);
  });

  test("the end of an SNS subscription is not confirmed", async () => {
    const before = sns.asked.length;
    const folder = await signed(named("sns-subscription-confirmation"), { Type: "UnsubscribeConfirmation" });
    expect(await outcomeOf(folder, sns)).toEqual({ outcome: "ignored", status: 200, events: [] });
    expect(sns.asked.slice(before)).toHaveLength(1);
  });

  test("an SNS delivery whose certificate is out of reach is answered 503, to come again", async () => {
    expect(await outcomeOf(await signed(named("sns-notification")))).toEqual({ outcome: "rejected", status: 503, events: [] });
  });
});

describe("bodies of other projects, which may not be copied, so that they are not in a clone", () => {
  if (upstream.length === 0) test.skip("bodies of other projects are where ../shared/fixtures/receivers-upstream is");
  test.each(upstream)("$name: the saved request of another project is received as expected", async ({ folder, expected }) => {
    expect(await outcomeOf(folder)).toEqual(expected);
  });
});

test("a kind of source says who has pushed if the saved pushes of it do, and a route that asks another is refused", () => {
  const cloud = { source: "bitbucket-cloud", body: Buffer.from('{"actor":{"nickname":"mona"},"push":{"changes":[]}}') }; // no saved one has a nickname
  const naming = new Set(
    [...cases, cloud]
      .filter(({ body }) => readPushFacts(body)({ branch: "main", commit: "" }).author !== undefined)
      .map(({ source }) => source),
  );
  const pushing = receivers.filter(({ events }) => events.includes("push"));
  expect(pushing.filter(({ name }) => naming.has(name))).toEqual(receivers.filter(({ namesAuthor }) => namesAuthor));
  const when = { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "main", author: "mona" };
  const routes = [{ name: "r", when, run: "notify", with: { message: "m", to: ["slack:C024BE91L"] } }];
  const configure = (kind: string) => () =>
    readConfig(JSON.stringify({ version: 1, sources: { ci: { kind, secrets: "env:X" } }, routes }), {
      path: "fairlead.yaml",
      receivers,
      pipelines,
    });
  expect(configure("generic-hmac")).toThrow('routes[0].when.author: source "ci" never says who has pushed: leave it out');
  expect(configure("azure-devops")).not.toThrow();
});
