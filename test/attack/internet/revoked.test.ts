/** W16: what has left the configuration is used by no run. */
import { DatabaseSync } from "node:sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { openStore } from "../../../webhook/stores/index.ts";
import { runAccess } from "../../../webhook/worker/run-access.ts";
import { assertNotRevoked, configTextOf } from "../../../webhook/worker/revoked.ts";
import { startSlack } from "../../doubles/slack.ts";
import { startListener } from "../../webhook/listener.ts";
import { claim, queue } from "../../webhook/store/bed.ts";
import { pushOf } from "../signed.ts";

vi.setConfig({ testTimeout: 120_000 });

const credentials = {
  "github.com": { token: "env:GIT" },
  "ghcr.io": { username: "bot", password: "cmd:vault read ghcr" },
  slack: { token: "env:SLACK" },
};
const build = { repository: "github.com/acme/app", image: "ghcr.io/acme/app", secrets: { npm: "file:/run/npm" } };
const when = { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "**" };
const read = (credentials: object, values: object): ListenerConfig =>
  readConfig(JSON.stringify({ version: 1, credentials, sources: { ci: { kind: "generic-hmac", secrets: "env:CI" } }, routes: [{ name: "a", when, run: "build", with: values }] }), { path: "fairlead.yaml", receivers, pipelines }); // prettier-ignore
const config = read(credentials, build);
const access = runAccess(config, config.routes[0]!, { repository: build.repository, image: build.image });

test.each<[string, ListenerConfig, string]>([
  ["credential that is gone", read({ "ghcr.io": credentials["ghcr.io"] }, build), "the credential github.com"],
  ["credential that is elsewhere now", read({ ...credentials, "github.com": { token: "env:NEW" } }, build), "the credential github.com"],
  [
    "credential that has another owner",
    read({ "ghcr.io": credentials["ghcr.io"], "git.example.com": { token: "env:GIT" } }, build),
    "the credential github.com",
  ],
  ["command that is gone", read({ ...credentials, "ghcr.io": { username: "bot", password: "env:GHCR" } }, build), "the credential ghcr.io"],
  ["build secret that is gone", read(credentials, { ...build, secrets: {} }), "a secret of its route"],
  [
    "build secret that is a credential now",
    read({ ...credentials, "quay.io": { password: "file:/run/npm" } }, { ...build, secrets: {} }),
    "a secret of its route",
  ],
])("attack 69 (W16): a queued run that would use a %s fails, and its hint names what to do", (_what, inForce, what) => {
  expect(() => assertNotRevoked({ id: "r-1", delivery: "d-1" }, access, inForce)).toThrow(
    expect.objectContaining({
      code: "forbidden",
      message: `run r-1: ${what} has left the configuration`,
      hint: "have its delivery done by the configuration of today: fairlead deliveries resend d-1",
    }),
  );
});

test("a run goes on when only what it does not use has changed", () => {
  const others = read(
    { ...credentials, slack: { token: "env:OTHER" }, "quay.io": { password: "env:QUAY" } },
    { ...build, image: "ghcr.io/acme/other" },
  );
  expect(() => assertNotRevoked({ id: "r-1", delivery: "d-1" }, access, others)).not.toThrow();
});

test("attack 69 (W16): a stored configuration that is not what its hash says is not read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-revoked-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, "store.db");
  const store = stack.use(await openStore(`sqlite:${file}`));
  await store.keepConfig(config.hash, config.text);
  await queue(store, "lane", { configHash: config.hash });
  const claimed = await claim(store);
  expect(await configTextOf(claimed, store)).toBe(config.text);
  const other = new DatabaseSync(file);
  other.prepare("UPDATE config SET text = ?").run(config.text.replace("env:GIT", "cmd:evil"));
  other.close();
  await expect(configTextOf(claimed, store)).rejects.toMatchObject({
    code: "internal",
    message: expect.stringContaining("was changed") as string,
  });
});

test("attack 69 (W16): a run is not made anew with a credential that was taken out of the file and read again", async () => {
  const token = "xoxb-canary-of-slack";
  await using slack = await startSlack({ tokens: { [token]: { scopes: ["chat:write", "channels:history"] } }, channels: [{ id: "C0RELEASES", name: "releases", member: true }] }); // prettier-ignore
  const routes = [{ name: "tell", when, run: "notify", with: { message: "${{ event.branch }}", to: ["slack:C0RELEASES"] } }];
  const given = { routes, workers: { count: 1 } };
  await using listener = await startListener(
    { ...given, credentials: { slack: { token: "env:SLACK" } } },
    { SLACK: token, SLACK_API_URL: slack.url },
  );
  const { runs } = (await listener.deliver(pushOf("main") as never)).body as { runs: string[] };
  expect(await listener.run(runs[0]!)).toMatchObject({ state: "succeeded" });
  await listener.configure({ ...given, credentials: { slack: { token: "env:OTHER" } } });
  listener.process.stop("SIGHUP");
  await listener.process.printed('"msg":"configuration read again"');
  const { id } = JSON.parse((await listener.command("runs", "rerun", runs[0]!, "--json")).stdout) as { id: string };
  expect(await listener.run(id)).toMatchObject({
    state: "failed",
    attempt: 1,
    error: { code: "forbidden", message: `run ${id}: the credential slack has left the configuration` },
  });
  expect(slack.messages).toHaveLength(1);
});
