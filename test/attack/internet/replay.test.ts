/** W2: what was seen once is of no use a second time. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { receivers } from "../../../webhook/receivers/index.ts";
import { openDoor, secret } from "../door.ts";
import { commit, hmac, hubHeaders, push, pushOf, repository, signature, tellRoutes } from "../signed.ts";

const token = `whsec_${Buffer.from(secret).toString("base64")}`;

describe("a signature over the body alone", () => {
  const bitbucket = JSON.stringify({
    repository: { full_name: "acme/app" },
    push: { changes: [{ new: { type: "branch", name: "main", target: { hash: commit } }, old: null }] },
  });
  const server = JSON.stringify({
    eventKey: "repo:refs_changed",
    repository: { slug: "app", project: { key: "ACME" }, links: { self: [{ href: "https://git.example.com/x" }] } },
    changes: [{ ref: { displayId: "main", type: "BRANCH" }, type: "UPDATE", toHash: commit, fromHash: commit }],
  });
  const signed = (body: string): Record<string, string> => ({ "X-Hub-Signature": `sha256=${hmac(body)}` });
  const gitea = (id?: string): Record<string, string> => ({
    ...{ "X-Gitea-Event": "push", "X-Gitea-Signature": hmac(push) },
    ...(id === undefined ? {} : { "X-Gitea-Delivery": id }),
  });
  test.each<[string, string, (id: string | undefined) => Record<string, string>]>([
    ["github", push, (id) => Object.fromEntries(Object.entries(hubHeaders(push, id ?? "")).filter(([, value]) => value !== ""))],
    ["gitea", push, gitea],
    [
      "bitbucket-cloud",
      bitbucket,
      (id) => ({ ...signed(bitbucket), "X-Event-Key": "repo:push", ...(id === undefined ? {} : { "X-Request-UUID": id }) }),
    ],
    [
      "bitbucket-server",
      server,
      (id) => ({ ...signed(server), "X-Event-Key": "repo:refs_changed", ...(id === undefined ? {} : { "X-Request-Id": id }) }),
    ],
  ])("attack 14 (W2): a delivery of %s under another id, or without one, is a duplicate of the first", async (kind, body, headers) => {
    await using door = await openDoor({ sources: { git: { kind, secrets: "SECRET" } } });
    const first = await door.post("git", body, headers("d-1"));
    expect(first).toMatchObject({ status: 200, body: { ignored: "no route takes it" } });
    for (const id of ["d-2", undefined, "d-1"]) {
      expect(await door.post("git", body, headers(id))).toMatchObject({ status: 200, body: { duplicate: first.body.delivery } });
    }
    expect(await door.store.deliveries({ limit: 9 })).toHaveLength(1);
  });

  test("attack 14 (W2): many copies at once, each under its own id, make one delivery", async () => {
    await using door = await openDoor({ sources: { git: { kind: "github", secrets: "SECRET" } } });
    await Promise.all(Array.from({ length: 50 }, (_, index) => door.post("git", push, hubHeaders(push, `d-${index}`))));
    expect(await door.store.deliveries({ limit: 99 })).toHaveLength(1);
  });

  test("attack 14 (W2): a body of another delivery, or of another source, is not taken for a repetition", async () => {
    await using door = await openDoor({ sources: { a: { kind: "github", secrets: "SECRET" }, b: { kind: "gitea", secrets: "SECRET", path: "cmd:echo another-key-of-a-path" } } }); // prettier-ignore
    const later = JSON.stringify({ ref: "refs/heads/main", before: commit, after: commit, repository });
    await door.post("a", push, hubHeaders(push, "d-1"));
    await door.post("a", later, hubHeaders(later, "d-2"));
    await door.post("b", push, gitea("d-1"));
    expect(await door.store.deliveries({ limit: 9 })).toHaveLength(3);
  });

  test("attack 14 (W2): a body of Gitea under another id is a duplicate, in whatever form its signed part comes", async () => {
    await using door = await openDoor({ sources: { git: { kind: "gitea", secrets: "SECRET" } } });
    const first = await door.post("git", push, gitea("d-1"));
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const payload = `payload=${encodeURIComponent(push)}`;
    for (const [id, body] of [
      ["d-2", payload],
      ["d-3", `${payload}&x=1`],
      ["d-4", `x=1&${payload.replaceAll("%22", '"')}`],
    ] as const) {
      // prettier-ignore
      expect(await door.post("git", body, { ...gitea(id), ...form })).toMatchObject({
        status: 200,
        body: { duplicate: first.body.delivery },
      });
    }
    expect(await door.store.deliveries({ limit: 9 })).toHaveLength(1);
  });

  test("the same body is a repetition only at sources whose true bodies never repeat and whose id is not signed", () => {
    expect(receivers.filter(({ uniqueBodies }) => uniqueBodies).map(({ name }) => name)).toEqual([
      "bitbucket-cloud",
      "bitbucket-server",
      "gitea",
      "github",
    ]);
  });

  test("the same true body of generic-hmac or quay twice is two deliveries", async () => {
    await using door = await openDoor({ sources: { ci: { kind: "generic-hmac", secrets: "SECRET" }, quay: { kind: "quay", path: "cmd:echo another-key-of-a-path" } } }); // prettier-ignore
    const body = JSON.stringify(pushOf("main"));
    const pushed = JSON.stringify({ docker_url: "quay.io/acme/app", updated_tags: ["latest"] });
    for (let time = 0; time < 2; time++) {
      await door.post("ci", body, signature(body));
      await door.post("quay", pushed);
    }
    expect(await door.store.deliveries({ limit: 9 })).toHaveLength(4);
  });
});

describe("Standard Webhooks at generic-hmac", () => {
  const body = JSON.stringify(pushOf("main"));
  const now = (): number => Math.floor(Date.now() / 1000);
  /** Headers of a delivery that is signed with its id and time. */
  const signedHeaders = (id: string, at: number): Record<string, string> => ({
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64")}`,
  });
  const door = () => openDoor({ sources: { ci: { kind: "generic-hmac", secrets: `cmd:echo ${token}` } }, routes: tellRoutes(1) });

  test("attack 14 (W2): a signed id is the delivery's id, and another one under the same signature is answered 401", async () => {
    await using opened = await door();
    const sent = signedHeaders("msg-1", now());
    const first = await opened.post("ci", body, sent);
    expect(first).toMatchObject({ status: 202 });
    expect(await opened.post("ci", body, sent)).toMatchObject({ status: 200, body: { duplicate: first.body.delivery } });
    expect(await opened.post("ci", body, { ...sent, "webhook-id": "msg-2" })).toMatchObject({ status: 401 });
    expect(await opened.post("ci", body, { ...sent, "X-Delivery-Id": "other" })).toMatchObject({
      status: 200,
      body: { duplicate: first.body.delivery },
    });
    expect(await opened.store.runs({ limit: 9 })).toHaveLength(1);
  });

  test("attack 67: a signed time that is more than five minutes off, or replaced, is answered 401", async () => {
    await using opened = await door();
    const old = signedHeaders("msg-1", now() - 301);
    for (const headers of [
      old,
      { ...old, "webhook-timestamp": String(now()) },
      { ...signedHeaders("m", now()), "webhook-timestamp": "" },
    ]) {
      expect(await opened.post("ci", body, headers)).toMatchObject({ status: 401 });
    }
    expect(await opened.store.deliveries({ limit: 9 })).toEqual([]);
  });

  test("attack 67: a thousand wrong signatures in one header cost no more than sixteen", async () => {
    await using opened = await door();
    const sent = signedHeaders("msg-1", now());
    const flood = `${"v1,AAAA ".repeat(16)}${sent["webhook-signature"]}`;
    expect(await opened.post("ci", body, { ...sent, "webhook-signature": flood })).toMatchObject({ status: 401 });
    expect(await opened.post("ci", body, { ...sent, "webhook-signature": `v1,AAAA ${sent["webhook-signature"]}` })).toMatchObject({
      status: 202,
    });
  });

  test("a signing token proves by X-Signature too, as any secret does", async () => {
    await using opened = await door();
    expect(await opened.post("ci", body, signature(body, token))).toMatchObject({ status: 202 });
  });
});
