import { afterAll, beforeAll, expect, test } from "vitest";
import { channel, startWorld, type World } from "../pipelines/world.ts";
import { attempt, namesOf } from "./attempt.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const tried = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
  attempt(args, { ...world.env, ...env }, namesOf(world));
const notify = (to: string): readonly string[] => ["notify", "hello", "--to", `slack:${to}`];

test("a missing or wrong Slack token fails the command", async () => {
  expect(await tried(notify(channel), { SLACK_BOT_TOKEN: "" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: use Slack: there is no token
    hint: export SLACK_BOT_TOKEN=…, or give --credential slack=env:NAME"
  `);
  expect(await tried(notify(channel), { SLACK_BOT_TOKEN: "xoxb-canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: post to Slack channel C0RELEASES: Slack answered invalid_auth
    hint: use a valid bot token (xoxb-…), and check SLACK_BOT_TOKEN: it may be wrong or expired"
  `);
});

test("a missing Slack channel fails the command", async () => {
  expect(await tried(notify("C0NOTTHERE"))).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: post to Slack channel C0NOTTHERE: Slack answered channel_not_found
    hint: check the channel, and invite the app if it is a private one"
  `);
});

test("a destination that is none fails the command before anything is posted", async () => {
  const refused = ["slack:#releases", "slack:releases", "slack", "slak:C0RELEASES", "C0RELEASES"];
  const to = async (destination: string): Promise<string> => await tried(["notify", "hello", "--to", destination]);
  expect(await Promise.all(refused.map(to))).toMatchInlineSnapshot(`
    [
      "exit code 2
    fairlead: notify: --to: "slack:#releases" is no destination: slack needs an ID
    hint: copy the ID from the end of the channel's details in Slack, and write slack:C0123456789",
      "exit code 2
    fairlead: notify: --to: "slack:releases" is no destination: slack needs an ID
    hint: copy the ID from the end of the channel's details in Slack, and write slack:C0123456789",
      "exit code 2
    fairlead: notify: --to: "slack" is no destination: a colon and a place are missing
    hint: name one such as slack:C0123456789",
      "exit code 2
    fairlead: notify: --to: "slak:C0RELEASES" is no destination: there is no notifier "slak"
    hint: did you mean slack?",
      "exit code 2
    fairlead: notify: --to: "C0RELEASES" is no destination: there is no notifier "C0RELEASES"
    hint: name one such as slack:C0123456789",
    ]
  `);
});

test("a credential for no notifier fails the command", async () => {
  expect(await tried([...notify(channel), "--credential", "slak=env:HOME"])).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: notify: --credential: there is no "slak"
    hint: did you mean slack?"
  `);
});

test("a throttled look-back is a warning, and the message is posted", async () => {
  const posted = world.slack.messages.length;
  world.slack.fail({ method: "conversations.history", status: 429, headers: { "retry-after": "3600" } });
  expect(await tried([...notify(channel), "--key", "throttled"])).toMatchInlineSnapshot(`
    "exit code 0
    warning: slack:C0RELEASES: cannot tell whether this was posted before: Slack limits how often the channel is read"
  `);
  expect(world.slack.messages.length - posted).toBe(1);
});

test("a message without a key is posted without a look-back", async () => {
  const before = world.slack.requests.length;
  expect(await tried(notify(channel))).toBe("exit code 0");
  expect(world.slack.requests.slice(before).map(({ method }) => method)).toEqual(["chat.postMessage"]);
});

test("a broken Slack fails the command, and the next run posts once", async () => {
  world.slack.fail({ method: "chat.postMessage", status: 500 });
  const posted = world.slack.messages.length;
  const args = [...notify(channel), "--key", "once"];
  expect(await tried(args)).toMatchInlineSnapshot(`
    "exit code 75
    fairlead: post to Slack channel C0RELEASES: Slack answered 500
    hint: run it again later; if that does not help, check that this machine can reach it"
  `);
  expect([await tried(args), await tried(args), world.slack.messages.length - posted]).toEqual(["exit code 0", "exit code 0", 1]);
});

test("a destination that refuses us ends a ship before the build; a notification that fails later is a warning", async () => {
  expect(await tried(world.ship(), { SLACK_BOT_TOKEN: "xoxb-canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: read Slack channel C0RELEASES: Slack answered invalid_auth
    hint: use a valid bot token (xoxb-…), and check SLACK_BOT_TOKEN: it may be wrong or expired"
  `);
  expect(await tried(world.ship("--notify", "slack:C0NOTTHERE").toSpliced(6, 2))).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: read Slack channel C0NOTTHERE: Slack answered channel_not_found
    hint: check the channel, and invite the app if it is a private one"
  `);
  world.slack.fail({ method: "chat.postMessage", status: 500 });
  expect(await tried(world.ship())).toMatchInlineSnapshot(`
    "exit code 0
    warning: post to Slack channel C0RELEASES: Slack answered 500"
  `);
  expect(world.github.pulls("acme/flux")).toHaveLength(1);
});

test("a throttled look-back does not drop the message of ship", async () => {
  const posted = world.slack.messages.length;
  world.slack.fail({ method: "conversations.history", status: 429, headers: { "retry-after": "3600" } });
  expect(await tried(world.ship())).toMatchInlineSnapshot(`
    "exit code 0
    warning: slack:C0RELEASES: cannot tell whether this was posted before: Slack limits how often the channel is read"
  `);
  expect(world.slack.messages.length - posted).toBe(1);
});
