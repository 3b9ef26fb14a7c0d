/** What the cases of the fixtures do not show of the rules in their README that hold for every source. */
import { describe, expect, test } from "vitest";
import { commit, hub, post, push, pushed, secret, sign, zero } from "./post.ts";

const { repository } = push;

/** What a body of generic-hmac comes to. */
async function generic(body: object): Promise<{ status: number; events: readonly unknown[] }> {
  const { status, events } = await post({ source: "generic-hmac", body, headers: { "X-Signature": `sha256=${sign(body)}` } });
  return { status, events };
}

describe("the body", () => {
  const nested = (levels: number): string => `{"ref":"refs/notes/x","more":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  test.each([
    ["levels as deep as may be", nested(9_999), 200],
    ["one level too many", nested(10_001), 400],
    ["brackets in a text", `{"ref":"refs/notes/\\"${"[{".repeat(20_000)}"}`, 200],
    ["white space around", ` \r\n\t{"ref":"refs/notes/x"}\n`, 200],
    ["a byte-order mark before it", `\uFEFF {"ref":"refs/notes/x"}`, 200],
    ["two byte-order marks before it", `\uFEFF\uFEFF{"ref":"refs/notes/x"}`, 400],
    ["a byte-order mark behind it", `{"ref":"refs/notes/x"}\uFEFF`, 400],
    ["a key twice, of which the last counts", `{"ref":7,"ref":"refs/notes/x"}`, 200],
    ["fields of the prototype", `{"__proto__":{"ref":"refs/notes/x"}}`, 400],
    ["a comment", `{"ref":"refs/notes/x"/**/}`, 400],
  ])("a JSON body with %s gets its status", async (_, body, status) => {
    expect((await post(hub("push", body))).status).toBe(status);
  });

  test("a body of exactly the limit is taken, one byte more is not", async () => {
    const receive = async (bytes: number): Promise<number> => (await post({ source: "quay", body: "{}".padEnd(bytes) })).status;
    expect([await receive(1_048_576), await receive(1_048_577)]).toEqual([200, 413]);
  });

  test.each([
    ["a plus for a space", `payload=${encodeURIComponent(JSON.stringify(push)).replaceAll("%20", "+")}&other=1`, 202],
    ["no payload", "load=1", 400],
    ["a payload of another name", `mypayload=${encodeURIComponent(JSON.stringify(push))}`, 400],
    ["a byte that is not UTF-8", "payload=%7B%22ref%22%3A%22%ff%22%7D", 400],
    ["a percent sign alone", "payload=%", 400],
  ])("a form body with %s gets its status", async (_, body, status) => {
    const sent = hub("push", body);
    expect(
      (await post({ ...sent, headers: { ...sent.headers, "Content-Type": "Application/X-WWW-Form-Urlencoded; charset=utf-8" } })).status,
    ).toBe(status);
  });

  test("a request with any method but POST is refused", async () => {
    expect(await post({ ...hub("push", push), method: "PUT" })).toMatchObject({ status: 405, outcome: "rejected" });
  });
});

describe("refs and repositories", () => {
  test.each([
    ["refs/heads/feat/ü%2F#1", { branch: "feat/ü%2F#1" }],
    ["refs/heads/refs/heads/x", { branch: "refs/heads/x" }],
  ])("the ref %s is passed on as it is", async (ref, fields) => {
    expect((await post(hub("push", { ...push, ref }))).events).toEqual([{ ...pushed, ...fields }]);
  });

  test.each(["refs/notes/x", "main", "refs/heads/", "refs/pull/1/head"])(
    "a push of %s, which is neither branch nor tag, is ignored",
    async (ref) => {
      expect((await post(hub("push", { ...push, ref }))).status).toBe(200);
    },
  );

  test.each([
    ["https://GitHub.Example:8443/acme/app", "GitHub.Example:8443/acme/app"],
    ["https://user:word@git.example/acme/app", "git.example/acme/app"],
    ["HTTP://[::1]:3000/acme/app", "[::1]:3000/acme/app"],
    ["https://git.example:443/acme/app", "git.example:443/acme/app"],
    ["https://git.example/gitea/acme/app", "git.example/gitea/acme/app"],
    ["https://git.example/a/b/group/sub/app/", "git.example/a/b/group/sub/app"],
    ["https://git.example/acme/app?x=1#y", "git.example/acme/app"],
  ])("the repository of %s is its host and path as they are written there", async (html_url, name) => {
    const body = { ...push, repository: { ...repository, html_url } };
    expect((await post(hub("push", body))).events).toEqual([{ ...pushed, repository: name }]);
  });

  test.each(["ssh://git@git.example/acme/app", "https://", "https://git.example", "https://git.example//", "acme/app"])(
    "a repository at %s, which is no address on the web, is malformed",
    async (html_url) => {
      expect((await post(hub("push", { ...push, repository: { ...repository, html_url } }))).status).toBe(400);
    },
  );

  test("a push of a new branch has before: null", async () => {
    expect((await post(hub("push", { ...push, before: zero }))).events).toEqual([{ ...pushed, before: null }]);
  });

  test.each(["constructor", "__proto__", "hasOwnProperty"])("an event of type %s is ignored", async (type) => {
    expect((await post(hub(type, push))).status).toBe(200);
    const body = { object_attributes: { action: type } };
    const headers = { "X-Gitlab-Event": "Merge Request Hook", "X-Gitlab-Token": secret };
    expect((await post({ source: "gitlab", body, headers })).status).toBe(200);
  });

  test("a pull request from a fork, deleted or not, makes an event with fork: true", async () => {
    const pull = (repo: unknown): object => ({
      ...{ action: "synchronize", number: 7, repository },
      pull_request: { head: { ref: "topic", sha: commit, repo }, base: { ref: "main", repo: { id: 1 } } },
    });
    const forks = [{ id: 1 }, { id: 2 }, null].map(async (repo) => (await post(hub("pull_request", pull(repo)))).events);
    expect((await Promise.all(forks)).flat()).toMatchObject([{ fork: false }, { fork: true }, { fork: true }]);
    expect((await post(hub("pull_request", pull({ id: "1" })))).status).toBe(400);
  });
});

describe("events in our own words", () => {
  const stage = { kind: "stage", pipeline: "p", state: "starting" };

  test("an event in our own words passes on its fields alone, and missing ones as null", async () => {
    expect(await generic({ ...stage, stage: 7, extra: 1, source: "me", delivery: "x", mergeCommit: "y" })).toEqual({
      status: 202,
      events: [{ source: "generic-hmac", delivery: null, ...stage, stage: null, commit: null }],
    });
  });

  test("an event in our own words has a merge commit only of a merged pull request", async () => {
    const pull = { kind: "pull-request", repository: "h/r", number: 7, branch: "b", commit: "c", base: "main", fork: false };
    const actions = ["merged", "closed"].map((action) => ({ ...pull, action, mergeCommit: action === "closed" ? "x" : undefined }));
    const { events } = await generic({ events: actions });
    expect(events).toEqual([
      { source: "generic-hmac", delivery: null, ...pull, action: "merged", mergeCommit: null },
      { source: "generic-hmac", delivery: null, ...pull, action: "closed" },
    ]);
  });

  test.each([
    ["a deletion", { kind: "push", repository: "h/r", branch: "b", commit: zero }, 200],
    ["a hash that is too short", { kind: "push", repository: "h/r", branch: "b", commit, before: "abc" }, 400],
    ["a state that there is not", { ...stage, state: "done" }, 400],
    ["a kind of another type", { kind: ["push"] }, 200],
    ["an entry that is no object", { events: [null, 1, "push", []] }, 200],
    ["one malformed event among good ones", { events: [stage, { kind: "stage" }] }, 400],
    ["no events", { events: [] }, 200],
  ])("a delivery in our own words with %s gets its status", async (_, body, status) => {
    expect((await generic(body)).status).toBe(status);
  });
});
