/** Who is let in: what the cases of the fixtures do not show. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { collectHeaders } from "../../webhook/receiver/headers.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { hub, post, push, secret } from "./post.ts";

describe("secrets", () => {
  test.each([
    ["one of several", ["old", "hush", "new"], "hush", 202],
    ["one in a file that ends in CR LF", ["hush\r\n"], "hush", 202],
    ["one with the line break that its file ends in", ["hush\n"], "hush\n", 202],
    ["one without two line breaks", ["hush\n\n"], "hush", 401],
    ["one without its space", ["hush "], "hush", 401],
    ["an empty one", [""], "", 401],
    ["one that is a line break", ["\n"], "\n", 401],
    ["one that is CR LF", ["\r\n"], "", 401],
    ["none", [], "", 401],
  ])("a GitHub delivery is proven by %s or not: %j", async (_, secrets, key, status) => {
    expect((await post({ ...hub("push", push, key), secrets })).status).toBe(status);
  });

  test("an empty secret proves nothing where the path is the proof", async () => {
    const body = { repository: { repo_name: "acme/app" }, push_data: { tag: "1" } };
    const statuses = [[], ["key"], [""], ["\n"]].map(async (secrets) => (await post({ source: "docker-hub", body, secrets })).status);
    expect(await Promise.all(statuses)).toEqual([202, 202, 401, 401]);
  });

  test("a header that was sent twice proves nothing", () => {
    const gitlab = receivers.find(({ name }) => name === "gitlab")!;
    const sent = [["X-Gitlab-Token", "hush"], ["x-gitlab-token", "hush"], ["X-Gitlab-Event", " \tb "], ["A", "b"]] as const; // prettier-ignore
    expect([...collectHeaders(sent, gitlab)]).toEqual([["x-gitlab-event", "b"]]);
  });

  test("a secret token may hold any bytes", async () => {
    const token = Buffer.from("tôken à").toString("latin1");
    const sent = { source: "gitlab", body: {}, secrets: ["tôken à"] };
    expect((await post({ ...sent, headers: { "X-Gitlab-Token": token } })).status).toBe(200);
    expect((await post({ ...sent, headers: { "X-Gitlab-Token": token.slice(1) } })).status).toBe(401);
  });
});

describe("who is let in", () => {
  const eventBridge = { id: "1", source: "aws.ecr", "detail-type": "Other" };

  test("an endpoint of ECR with topics takes no API key", async () => {
    const sent = { source: "ecr", body: eventBridge, headers: { "X-Api-Key": secret } };
    expect((await post(sent)).status).toBe(200);
    expect((await post({ ...sent, options: { topicArns: ["arn:aws:sns:eu-west-1:1:a"] } })).status).toBe(401);
  });

  test("an endpoint of ECR without topics takes nothing of SNS", async () => {
    const headers = { "Content-Type": "text/plain", "x-amz-sns-message-type": "Notification" };
    expect((await post({ source: "ecr", body: {}, headers })).status).toBe(415);
  });

  test("a subscription of Google needs an audience and a service account", () => {
    const options = (value: object): boolean => receivers.find(({ name }) => name === "gcr")!.options.safeParse(value).success;
    expect([{}, { audience: "a", serviceAccount: "b" }, { audience: "a" }, { serviceAccount: "b" }].map(options)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test.each([
    ["bEaReR hush", 200],
    [`basic ${Buffer.from(":hush").toString("base64")}`, 200],
    [`Basic ${Buffer.from("us:er:hush").toString("base64")}`, 401],
    [`Basic ${Buffer.from("hush").toString("base64")}`, 401],
    ["hush", 401],
    ["Digest hush", 401],
  ])("a Spinnaker delivery with Authorization: %s gets its status", async (authorization, status) => {
    expect((await post({ source: "spinnaker", body: {}, headers: { Authorization: authorization } })).status).toBe(status);
  });

  describe("GitLab with a signing token", () => {
    const token = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
    const signature = (id: string, timestamp: string): string =>
      createHmac("sha256", "0123456789abcdef0123456789abcdef").update(`${id}.${timestamp}.{}`).digest("base64");
    const headers = (timestamp: number): Record<string, string> => ({
      "webhook-id": "1",
      "webhook-timestamp": String(timestamp),
      "webhook-signature": `v1,AAAA v1,${signature("1", String(timestamp))}`,
    });
    const status = async (more: Readonly<Record<string, string>>, secrets: readonly string[] = [token]): Promise<number> =>
      (await post({ source: "gitlab", body: "{}", headers: more, secrets })).status;

    test.each([
      [1772366400 - 300, 200],
      [1772366400 + 300, 200],
      [1772366400 - 301, 401],
      [1772366400 + 301, 401],
    ])("a GitLab delivery with a signing token of time %i is answered %i", async (timestamp, expected) => {
      expect(await status(headers(timestamp))).toBe(expected);
    });

    test("a GitLab signing token that is sent itself proves nothing", async () => {
      expect(await status({ "X-Gitlab-Token": token })).toBe(401);
    });

    test("a GitLab signing token and a secret token beside it each prove a delivery", async () => {
      expect(await status(headers(1772366400), [secret, `${token}\n`])).toBe(200);
      expect(await status({ "X-Gitlab-Token": secret }, [secret, token])).toBe(200);
    });

    test.each(["whsec_", "whsec_!!!!"])("the GitLab signing token %s is no key", async (bad) => {
      const keyless = createHmac("sha256", "").update("1.1772366400.{}").digest("base64");
      expect(await status({ ...headers(1772366400), "webhook-signature": `v1,${keyless}` }, [bad])).toBe(401);
    });
  });
});
