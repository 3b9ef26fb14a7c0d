import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";

const token = "xoxb-canary-0123456789";
const channel = "C0RELEASES";

describe("fairlead notify", () => {
  let slack: Slack;
  const notify = async (...args: readonly string[]) => {
    const env = { SLACK_API_URL: slack.url, SLACK_BOT_TOKEN: token };
    const { code, stdout, stderr } = await fairlead(["notify", ...args, "--json"], env);
    if (code !== 0) throw new Error(`fairlead notify ${args.join(" ")}: exit code ${code}\n${stderr}`);
    return { posted: JSON.parse(stdout) as { readonly channel: string; readonly id: string }, stderr };
  };

  beforeAll(async () => {
    slack = await startSlack({
      tokens: { [token]: { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: channel, name: "releases", member: true }],
    });
  });
  afterAll(() => slack.stop());

  test("posts a message whose fields stand side by side, and are links where they are URLs", async () => {
    const fields = ["Commit=github.com/acme/web@1a2b3c4", "By=<@U1>", "Page=https://example.com/web?a=1&b=2"];
    const flags = fields.flatMap((field) => ["--field", field]);
    const { posted } = await notify("<web> 1.1.0 & more", ...flags, "--slack-channel", channel);
    const [message] = slack.messages;
    expect(posted).toEqual({ channel, id: message?.ts });
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
    const args = ["released", "--slack-channel", channel, "--key", "web 1.1.0"];
    const before = slack.messages.length;
    const { posted } = await notify(...args);
    expect((await notify(...args)).posted).toEqual(posted);
    expect((await notify("released", "--slack-channel", channel, "--key", "web 1.2.0")).posted).not.toEqual(posted);
    expect(slack.messages.length - before).toBe(2);
  });

  test("a message without a key is posted each time", async () => {
    const before = slack.messages.length;
    await notify("again", "--slack-channel", channel);
    await notify("again", "--slack-channel", channel);
    expect(slack.messages.length - before).toBe(2);
  });

  test("a channel's name can be posted to, but not looked back in", async () => {
    const { posted, stderr } = await notify("by name", "--slack-channel", "#releases", "--key", "by name");
    expect(posted.channel).toBe(channel);
    expect(stderr).toContain(
      "slack #releases: cannot tell whether this was posted before: only a channel's ID, such as C0123456789, can be looked back in",
    );
  });

  test("a message that cannot be posted fails", async () => {
    const { code, stderr } = await fairlead(["notify", "x", "--slack-channel", "C0NOWHERE01"], {
      SLACK_API_URL: slack.url,
      SLACK_BOT_TOKEN: token,
    });
    expect({ code, said: /^fairlead: .*$/m.exec(stderr)?.[0] }).toMatchInlineSnapshot(`
      {
        "code": 4,
        "said": "fairlead: read Slack channel C0NOWHERE01: Slack answered channel_not_found",
      }
    `);
  });
});
