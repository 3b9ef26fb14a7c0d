/** The button "Re-run" of a check, as GitHub tells it to the App that has made the check. */
import { createHmac } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { channel, slackToken } from "../pipelines/world.ts";
import { ci, post, startListener, type Answered, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const secret = "canary-secret-of-the-hook";
const template = JSON.parse(
  await readFile(new URL("../fixtures/receivers/github/check-rerequested/body", import.meta.url), "utf8"),
) as Readonly<Record<"check_run" | "repository" | "sender", object>>;

let github: GitHub;
let slack: Slack;
let listener: Listener;
let address: string;
let app: { readonly id: number };
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  github = stack.use(await startGitHub());
  await github.createRepository("acme/app", { private: true, files: { "README.md": "# app\n" } });
  const made = github.createApp({ slug: "acme-fairlead", permissions: { checks: "write" } });
  app = made;
  github.installApp({ app: made.id, account: "acme" });
  const keys = await mkdtemp(join(tmpdir(), "fairlead-app-"));
  stack.defer(() => rm(keys, { recursive: true }));
  await writeFile(join(keys, "app.pem"), made.pem);
  await chmod(join(keys, "app.pem"), 0o600);
  slack = stack.use(
    await startSlack({
      tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: channel, name: "releases", member: true }],
    }),
  );
  const tell = { run: "notify", with: { message: "pushed", to: [`slack:${channel}`] } };
  const when = { kind: "push", repository: `${github.host}/acme/app`, branch: "*" };
  listener = stack.use(
    await startListener(
      {
        credentials: { [`${github.host}/acme`]: { app: made.id, key: `file:${join(keys, "app.pem")}` }, slack: { token: "env:SLACK" } },
        servers: { github: { url: github.url, api: github.apiUrl }, slack: { api: slack.url } },
        sources: { github: { kind: "github", secrets: "env:HOOK" }, ci },
        reports: "check",
        routes: [
          { name: "main", when: { source: "github", ...when }, ...tell },
          { name: "other", when: { source: "ci", ...when }, ...tell },
        ],
        workers: { count: 1 },
      },
      { HOOK: secret, SLACK: slackToken },
    ),
  );
  address = `${listener.url}${new URL((await listener.addresses("github"))[0]!).pathname}`;
});
afterAll(() => stack.disposeAsync());

let deliveries = 0;

async function send(type: string, body: object, { id = `delivery-${++deliveries}`, key = secret } = {}): Promise<Answered> {
  const text = JSON.stringify(body);
  const signature = `sha256=${createHmac("sha256", key).update(text).digest("hex")}`;
  return await post(address, text, { "X-GitHub-Event": type, "X-GitHub-Delivery": id, "X-Hub-Signature-256": signature });
}

const repository = (name = "acme/app"): object => ({ ...template.repository, full_name: name, html_url: `${github.url}/${name}` });

/** Pushes to the application, and returns the commit and its run, which has ended. */
async function pushed(): Promise<{ readonly commit: string; readonly run: string }> {
  const commit = await github.commit("acme/app", { branch: "main", files: { text: `${Math.random()}` }, message: "text" });
  const push = { ref: "refs/heads/main", before: "0".repeat(40), after: commit, repository: repository(), commits: [] };
  const { body } = await send("push", push);
  const [run] = body.runs as readonly [string];
  await listener.run(run, "succeeded");
  return { commit, run };
}

/** What GitHub sends when somebody presses the button. `more` changes the body, `of` its check run. */
function pressed({ commit, run }: { readonly commit: string; readonly run: string }, of: object = {}, more: object = {}): object {
  const check = { ...template.check_run, head_sha: commit, external_id: run, app: { id: app.id, slug: "acme-fairlead" }, ...of };
  return { ...template, action: "rerequested", check_run: check, repository: repository(), installation: { id: 1 }, ...more };
}

test("the button Re-run of a check runs its run again, once a press, and the audit says who has pressed it", async () => {
  const { commit, run } = await pushed();
  await vi.waitFor(() => expect(github.checkRuns("acme/app", commit)).toMatchObject([{ externalId: run, conclusion: "success" }]), {
    timeout: 20_000,
  });
  const press = pressed({ commit, run });
  const answer = await send("check_run", press, { id: "press" });
  const again = (await listener.store.runs({ limit: 1 }))[0]!;
  expect([answer.status, answer.body]).toEqual([
    202,
    {
      accepted: "verified and understood",
      reruns: [`${run}: again as ${again.id}`],
      delivery: expect.any(String) as string,
      runs: [again.id],
    },
  ]);
  expect([again.rerunOf, again.route, again.event]).toEqual([run, "main", (await listener.store.run(run))!.event]);
  await listener.run(again.id, "succeeded");
  const { status, body } = await send("check_run", press, { id: "press" });
  expect([status, body.duplicate]).toEqual([200, answer.body.delivery]);
  expect((await send("check_run", press, { id: "the same under another id" })).body).toHaveProperty("duplicate");
  expect((await listener.store.runs({ limit: 1 }))[0]!.id).toBe(again.id);
  await vi.waitFor(
    () => expect(github.checkRuns("acme/app", commit).map(({ externalId, conclusion }) => [externalId, conclusion])).toEqual([[run, "success"], [again.id, "success"]]), // prettier-ignore
    { timeout: 20_000 },
  );
  const { stdout } = await listener.command("audit", "list", "--json");
  expect(JSON.parse(stdout)).toEqual([
    {
      ...{ at: expect.any(String) as string, who: `${github.host}/octocat`, how: "signal", act: "rerun run", subject: run },
      configHash: again.configHash,
      detail: { run: again.id, repository: `${github.host}/acme/app`, commit, delivery: answer.body.delivery },
    },
  ]);
});

test("a press of Re-run for a run that is unknown, of another repository or commit, or of no App of ours, does nothing", async () => {
  const { commit, run } = await pushed();
  const before = await listener.store.runs({ limit: 100 });
  const acts = await listener.store.audit(100);
  const unknown = "019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d";
  const cases = [
    pressed({ commit, run: unknown }),
    pressed({ commit: "b".repeat(40), run }),
    pressed({ commit, run }, {}, { repository: repository("acme/other") }),
    pressed({ commit, run }, { app: { id: app.id + 1, slug: "other" } }),
    pressed({ commit, run }, { external_id: "42" }),
    pressed({ commit, run }, {}, { installation: undefined }),
    pressed({ commit, run }, { app: null }),
  ];
  const answers: unknown[] = [];
  for (const each of cases) {
    const { status, body } = await send("check_run", each);
    answers.push([status, body.reruns ?? body.ignored ?? "malformed"]);
  }
  expect(answers).toEqual([
    [200, [`${unknown}: there is no such run`]],
    [200, [`${run}: it is of another commit`]],
    [200, [`${run}: it is of another repository`]],
    [200, [`${run}: its check is of no App of credentials`]],
    [200, "check names no run"],
    [200, "rerun was not told to an App"],
    [400, "malformed"],
  ]);
  expect((await send("check_run", pressed({ commit, run }), { key: "a secret of somebody else" })).status).toBe(401);
  expect([await listener.store.runs({ limit: 100 }), await listener.store.audit(100)]).toEqual([before, acts]);
  expect(listener.log()).toContain(`${run}: its check is of no App of credentials`);
});

test("a source that is not the App's makes no run anew, whatever it says", async () => {
  const commit = await github.commit("acme/app", { branch: "main", files: { other: "1" }, message: "text" });
  const push = { kind: "push", repository: `${github.host}/acme/app`, branch: "main", commit, before: null } as const;
  const run = ((await listener.deliver(push)).body.runs as readonly [string])[0];
  await listener.run(run, "succeeded");
  const asks = { kind: "rerun", run, repository: push.repository, commit, app: [String(app.id)], by: "octocat" } as const;
  expect((await listener.deliver(asks)).body).toEqual({ ignored: "no event of a known kind" });
  expect((await send("check_run", pressed({ commit, run }))).body.reruns).toEqual([`${run}: it was made by source ci, and this is github`]);
});
