import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";

const token = "xoxb-canary-0123456789";
const channel = "C0RELEASES";
const other = "C0THEOTHERS";

describe("fairlead notify", () => {
  let slack: Slack;
  const env = () => ({ SLACK_API_URL: slack.url, SLACK_BOT_TOKEN: token });
  const notify = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await fairlead(["notify", ...args, "--json"], env());
    if (code !== 0) throw new Error(`fairlead notify ${args.join(" ")}: exit code ${code}\n${stderr}`);
    return { posted: JSON.parse(stdout) as object, stderr };
  };

  beforeAll(async () => {
    slack = await startSlack({
      tokens: { [token]: { scopes: ["chat:write", "channels:history"] } },
      channels: [
        { id: channel, name: "releases", member: true },
        { id: other, name: "others", member: true },
      ],
    });
  });
  afterAll(() => slack.stop());

  test("a message is posted with its fields side by side, and URLs as links", async () => {
    const fields = ["Commit=github.com/acme/web@1a2b3c4", "By=<@U1>", "Page=https://example.com/web?a=1&b=2"];
    const flags = fields.flatMap((field) => ["--field", field]);
    const { posted } = await notify("<web> 1.1.0 & more", ...flags, "--to", `slack:${channel}`);
    const [message] = slack.messages;
    expect(posted).toEqual({ channel, id: message?.ts, messages: [{ destination: `slack:${channel}`, channel, id: message?.ts }] });
    expect({ text: message?.text, blocks: message?.blocks }).toMatchInlineSnapshot(`
      {
        "blocks": [
          {
            "text": {
              "emoji": false,
              "text": "<web> 1.1.0 & more",
              "type": "plain_text",
            },
            "type": "header",
          },
          {
            "fields": [
              {
                "text": "*Commit*
      github.com/acme/web@1a2b3c4",
                "type": "mrkdwn",
                "verbatim": true,
              },
              {
                "text": "*By*
      &lt;@U1&gt;",
                "type": "mrkdwn",
                "verbatim": true,
              },
              {
                "text": "*Page*
      <https://example.com/web?a=1&amp;b=2>",
                "type": "mrkdwn",
                "verbatim": true,
              },
            ],
            "type": "section",
          },
        ],
        "text": "&lt;web&gt; 1.1.0 &amp; more
      Commit: github.com/acme/web@1a2b3c4
      By: &lt;@U1&gt;
      Page: https://example.com/web?a=1&amp;b=2",
      }
    `);
  });

  test("a message with a key is posted once", async () => {
    const args = ["released", "--to", `slack:${channel}`, "--key", "web 1.1.0"];
    const before = slack.messages.length;
    const { posted } = await notify(...args);
    expect((await notify(...args)).posted).toEqual(posted);
    expect((await notify("released", "--to", `slack:${channel}`, "--key", "web 1.2.0")).posted).not.toEqual(posted);
    expect(slack.messages.length - before).toBe(2);
  });

  test("a message without a key is posted each time", async () => {
    const before = slack.messages.length;
    await notify("again", "--to", `slack:${channel}`);
    await notify("again", "--to", `slack:${channel}`);
    expect(slack.messages.length - before).toBe(2);
  });

  test("several destinations get one message each, and a destination that is named twice gets one", async () => {
    const to = [channel, other, channel].flatMap((each) => ["--to", `slack:${each}`]);
    const before = slack.messages.length;
    const { posted } = await notify("to both", ...to, "--key", "both");
    const messages = slack.messages.slice(before).sort((a, b) => (a.channel < b.channel ? -1 : 1));
    expect(messages.map((each) => [each.channel, each.text])).toEqual([
      [channel, "to both"],
      [other, "to both"],
    ]);
    expect(posted).toEqual({
      channel,
      id: messages[0]?.ts,
      messages: messages.map((each) => ({ destination: `slack:${each.channel}`, channel: each.channel, id: each.ts })),
    });
    expect((await notify("to both", ...to, "--key", "both")).posted).toEqual(posted);
  });

  test("a destination that fails does not keep the others from their message", async () => {
    const before = slack.messages.length;
    const { code } = await fairlead(["notify", "to one", "--to", "slack:C0NOWHERE01", "--to", `slack:${channel}`], env());
    expect([code, slack.messages.slice(before).map((each) => each.channel)]).toEqual([4, [channel]]);
  });

  test("a message with a severity and a link shows both", async () => {
    await notify("web is down", "--to", `slack:${channel}`, "--severity", "error", "--link", "https://example.com/web?a=1&b=2");
    const message = slack.messages.at(-1);
    expect([message?.text, message?.blocks]).toEqual([
      "Error: web is down\nOpen: https://example.com/web?a=1&amp;b=2",
      [
        { type: "header", text: { type: "plain_text", text: "Error: web is down", emoji: false } },
        { type: "section", text: { type: "mrkdwn", text: "<https://example.com/web?a=1&amp;b=2|Open>", verbatim: true } },
      ],
    ]);
  });

  test("the token of --credential is taken before that of the environment", async () => {
    const given = ["notify", "by flag", "--to", `slack:${channel}`, "--credential", "slack=env:OTHER_TOKEN"];
    const { code, stderr } = await fairlead(given, { ...env(), OTHER_TOKEN: "xoxb-canary-wrong" });
    expect([code, stderr]).toEqual([3, expect.stringContaining("invalid_auth")]);
    expect((await fairlead(given, { ...env(), OTHER_TOKEN: token, SLACK_BOT_TOKEN: "xoxb-canary-wrong" })).code).toBe(0);
  });

  test("a dry run names the destination and posts nothing", async () => {
    const before = slack.messages.length;
    const { posted } = await notify("planned", "--to", `slack:${channel}`, "--key", "planned", "--dry-run");
    const result = { channel, id: null, messages: [{ destination: `slack:${channel}`, channel, id: null }] };
    const change = { target: `slack:${channel}`, action: "run", to: "planned" };
    expect(posted).toMatchObject({ plan: [{ step: "notify", changes: [change] }], result });
    expect(slack.messages.length).toBe(before);
  });

  test("a message that cannot be posted fails", async () => {
    const { code, stderr } = await fairlead(["notify", "x", "--to", "slack:C0NOWHERE01"], env());
    expect({ code, said: /^fairlead: .*$/m.exec(stderr)?.[0] }).toMatchInlineSnapshot(`
      {
        "code": 4,
        "said": "fairlead: post to Slack channel C0NOWHERE01: Slack answered channel_not_found",
      }
    `);
  });
});
