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
const notify = (to: string): readonly string[] => ["notify", "hello", "--slack-channel", to];

test("a Slack token that is missing or wrong fails the command", async () => {
  expect(await tried(notify(channel), { SLACK_BOT_TOKEN: "" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: use Slack: there is no token
    hint: name it with --slack-token env:SLACK_BOT_TOKEN"
  `);
  expect(await tried(notify(channel), { SLACK_BOT_TOKEN: "xoxb-canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: read Slack channel C0RELEASES: Slack answered invalid_auth
    hint: name a valid bot token (xoxb-…) with --slack-token env:SLACK_BOT_TOKEN"
  `);
});

test("a Slack channel that is not there fails the command", async () => {
  expect(await tried(notify("C0NOTTHERE"))).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: read Slack channel C0NOTTHERE: Slack answered channel_not_found
    hint: check the channel, and invite the app if it is a private one"
  `);
  expect(await tried(notify("#nowhere"))).toMatchInlineSnapshot(`
    "exit code 4
    warning: slack #nowhere: cannot tell whether this was posted before: only a channel's ID, such as C0123456789, can be looked back in
    fairlead: post to Slack channel #nowhere: Slack answered channel_not_found
    hint: check the channel, and invite the app if it is a private one"
  `);
});

test("a Slack that is broken fails the command, and the next run posts once", async () => {
  world.slack.fail({ method: "chat.postMessage", status: 500 });
  const args = [...notify(channel), "--key", "once"];
  expect(await tried(args)).toMatchInlineSnapshot(`
    "exit code 75
    fairlead: post to Slack channel C0RELEASES: Slack answered 500
    hint: run it again later; if it stays so, check that it can be reached from here"
  `);
  expect([await tried(args), await tried(args), world.slack.messages.length]).toEqual(["exit code 0", "exit code 0", 1]);
});

test("in a run that ships, each of them is a warning, and what was shipped is shipped", async () => {
  expect(await tried(world.ship(), { SLACK_BOT_TOKEN: "xoxb-canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 0
    warning: read Slack channel C0RELEASES: Slack answered invalid_auth"
  `);
  expect(await tried(world.ship("--slack-channel", "C0NOTTHERE").toSpliced(6, 2))).toMatchInlineSnapshot(`
    "exit code 0
    warning: read Slack channel C0NOTTHERE: Slack answered channel_not_found"
  `);
  world.slack.fail({ method: "chat.postMessage", status: 500 });
  expect(await tried(world.ship())).toMatchInlineSnapshot(`
    "exit code 0
    warning: post to Slack channel C0RELEASES: Slack answered 500"
  `);
  expect(world.github.pulls("acme/flux")).toHaveLength(1);
});
