import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { createCredentials } from "../../src/core/credentials.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { severities, type Message, type Notifier } from "../../src/core/notify/notifier.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { slack } from "../../src/notifiers/slack.ts";
import { toBlocks, toText } from "../../src/notifiers/slack/blocks.ts";
import { secretValue } from "../../src/secrets.ts";
import { checkBlocks } from "../doubles/slack/blocks.ts";
import { adapterOptions } from "../adapter-options.ts";
import { startSlack, type Slack, type SlackMessage } from "../doubles/slack.ts";
import { allowSettings } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";

const deploys = "C0000000001";
const foreign = "C0000000002";
const message: Message = {
  key: "run-1",
  title: "app 2 is on its way",
  severity: "info",
  link: undefined,
  fields: [
    { name: "Image", value: "ghcr.io/acme/app:2" },
    { name: "Pull request", value: "https://github.com/acme/flux/pull/1" },
  ],
};

let server: Slack;

beforeEach(async () => {
  server = await startSlack({
    tokens: { full: { scopes: ["chat:write", "channels:history"] }, poster: { scopes: ["chat:write"] }, none: { scopes: [] } },
    channels: [
      { id: deploys, name: "deploys" },
      { id: foreign, name: "foreign", member: false },
    ],
  });
});

afterEach(async () => {
  await server.stop();
});

function notifier(token?: string, signal = new AbortController().signal): Notifier {
  const credentials: Credential[] =
    token === undefined ? [] : [{ for: "notifier:slack", kind: "token", secret: secretValue(token, "token", createRedactor()) }];
  return slack.create(adapterOptions({ credentials, signal, settings: allowSettings(slack, { api: server.url }, publicServers) }));
}

async function failureOf(doing: Promise<unknown>): Promise<unknown> {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  return error instanceof FairleadError ? [`${error.code}: ${error.message}`, error.hint] : error;
}

describe("post", () => {
  test("a Slack message has its title and fields as blocks, and the same as text", async () => {
    const posted = await notifier("full").post(deploys, message);
    const [shown] = server.messages;
    expect(posted).toEqual({ channel: deploys, id: shown?.ts });
    expect(shown).toEqual({
      channel: deploys,
      ts: posted.id,
      bot: "fairlead",
      edited: false,
      text: "app 2 is on its way\nImage: ghcr.io/acme/app:2\nPull request: https://github.com/acme/flux/pull/1",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "app 2 is on its way", emoji: false } },
        {
          type: "section",
          fields: [
            { type: "mrkdwn", text: "*Image*\nghcr.io/acme/app:2", verbatim: true },
            { type: "mrkdwn", text: "*Pull request*\n<https://github.com/acme/flux/pull/1>", verbatim: true },
          ],
        },
      ],
      metadata: { event_type: "fairlead_message", event_payload: { key: "run-1" } },
    });
  });

  test("a Slack message shows foreign text literally, without links or mentions", async () => {
    const fields = [
      { name: "<b>", value: "<!channel> & <@U1>" },
      { name: "page", value: "https://example.com/?d=1&e=2" },
      { name: "none", value: "https://example.com/a|b>c" },
    ];
    await notifier("full").post(deploys, { ...message, key: "k", title: "<!here>", fields });
    const [shown] = server.messages;
    expect(shown?.text).toBe(
      "&lt;!here&gt;\n&lt;b&gt;: &lt;!channel&gt; &amp; &lt;@U1&gt;\npage: https://example.com/?d=1&amp;e=2\nnone: https://example.com/a|b&gt;c",
    );
    expect(shown?.blocks[1]).toEqual({
      type: "section",
      fields: [
        { type: "mrkdwn", text: "*&lt;b&gt;*\n&lt;!channel&gt; &amp; &lt;@U1&gt;", verbatim: true },
        { type: "mrkdwn", text: "*page*\n<https://example.com/?d=1&amp;e=2>", verbatim: true },
        { type: "mrkdwn", text: "*none*\nhttps://example.com/a|b&gt;c", verbatim: true },
      ],
    });
  });

  test("a Slack message keeps to Slack's limits, and needs no fields", async () => {
    const fields = Array.from({ length: 23 }, (_, at) => ({ name: `field ${at}`, value: "&".repeat(3_000) }));
    await notifier("full").post(deploys, { ...message, key: "k", title: "t".repeat(400), fields });
    await notifier("full").post(deploys, { ...message, key: "k", title: "alone", fields: [] });
    expect(server.messages.map(({ blocks }) => blocks.length)).toEqual([6, 1]);
    expect(JSON.stringify(server.messages[0]?.blocks).length).toBeLessThan(13_200);
  });

  test("a Slack message says how many of its fields are cut or left out, and shows half of a character as none", () => {
    const many = (count: number, value: string) => Array.from({ length: count }, (_, at) => ({ name: `entry ${at}`, value }));
    const shown = (fields: Message["fields"]): readonly unknown[] => {
      const blocks = toBlocks({ ...message, fields });
      expect(checkBlocks(blocks)).toEqual([]);
      expect(JSON.stringify(blocks).length).toBeLessThan(13_200);
      const [last] = blocks.slice(-1).map((block) => (block.type === "section" ? (block.text?.text ?? "") : ""));
      return [JSON.stringify(blocks).split("entry ").length - 1, last];
    };
    expect([shown(many(251, "x")), shown(many(1, "x".repeat(2_001))), shown(many(20, "x")), shown(many(100, "y".repeat(200)))]).toEqual([
      [175, "(76 fields are left out)"],
      [1, "(1 field is cut)"],
      [20, ""],
      [67, "(67 fields are cut, 33 fields are left out)"],
    ]);
    const half = "a\ud800b";
    const odd: Message = { ...message, title: `${half}\n${half}`, fields: [{ name: half, value: half }], link: { name: half, url: half } };
    expect(JSON.stringify([toBlocks(odd), toText(odd)])).not.toMatch(/\\ud800/i);
    expect(toText(odd)).toContain("a\ufffdb");
  });

  test("a Slack message of any text is valid and has no markup but ours", () => {
    const words = fc.string({ minLength: 1, maxLength: 3_000, unit: fc.constantFrom("<", ">", "&", "|", "!", "a", "ä", "🚀", "\n") });
    const field = fc.record({ name: words, value: fc.oneof(words, fc.webUrl({ withQueryParameters: true })) });
    const link = fc.option(fc.record({ name: words, url: fc.oneof(words, fc.webUrl({ withQueryParameters: true })) }), { nil: undefined });
    fc.assert(
      fc.property(words, fc.array(field, { maxLength: 30 }), link, fc.constantFrom(...severities), (title, fields, page, severity) => {
        const random: Message = { key: "k", title, fields, link: page, severity };
        const blocks = toBlocks(random);
        expect(checkBlocks(blocks)).toEqual([]);
        expect(toText(random)).not.toMatch(/[<>]/);
        expect(JSON.stringify([blocks, toText(random)])).not.toMatch(/\\u[dD][89a-fA-F]/);
        for (const [, text = ""] of JSON.stringify(blocks).matchAll(/"type":"mrkdwn","text":"([^"]*)"/g)) {
          expect(text).toMatch(/^(\*[^<>]*\*\\n(<https?:[^<>|]*>|[^<>]*)|<https?:[^<>|]*\|[^<>|]*>)$/);
        }
      }),
    );
  });

  test("a Slack message that is too long for a header is shown whole below it", async () => {
    const sentence = `${"word ".repeat(52)}last`;
    await notifier("full").post(deploys, { ...message, title: sentence, fields: [] });
    const header = (text: string) => ({ type: "header", text: { type: "plain_text", text, emoji: false } });
    const section = (text: string) => ({ type: "section", text: { type: "plain_text", text, emoji: false } });
    expect(sentence).toHaveLength(264);
    expect(server.messages[0]?.blocks).toEqual([header(`${sentence.slice(0, 149)}…`), section(sentence)]);
    const lines = { ...message, title: "1.4.3 is out\n\n- faster\n- smaller", fields: [] };
    expect(toBlocks(lines)).toEqual([header("1.4.3 is out"), section("- faster\n- smaller")]);
  });

  test.each([
    ["words", "word ".repeat(2_000).trim(), " "],
    ["lines", `${"long ".repeat(40)}\n${"a line\n".repeat(1_390)}`.trim(), "\n"],
    ["one word", "x".repeat(10_000), ""],
    ["emoji", "🚀".repeat(5_000), ""],
    ["families", "👩‍👩‍👧‍👦".repeat(900), ""],
  ])("a Slack message of 10,000 characters is shown whole in sections: %s", (_what, title, between) => {
    const [, ...sections] = toBlocks({ ...message, title, fields: [] });
    const texts = sections.map((block) => ("text" in block && typeof block.text === "object" ? block.text.text : ""));
    expect(checkBlocks(sections)).toEqual([]);
    expect(texts.join(between)).toBe(title);
    expect(JSON.stringify(texts)).not.toMatch(/\\u[dD][89a-fA-F]/);
  });

  test("a Slack message that is cut splits no emoji", () => {
    const rockets = "🚀".repeat(2_000);
    const long: Message = { ...message, title: `ab${rockets}`, fields: [{ name: "Image", value: `a${rockets}` }] };
    const texts = JSON.stringify([toBlocks(long), toText(long)]);
    expect(texts).not.toMatch(/\\u[dD][89a-fA-F]/);
    expect(toBlocks(long)[0]).toMatchObject({ text: { text: `ab${"🚀".repeat(73)}…` } });
  });

  test("a Slack message puts the severity before the title, in words that are read aloud too", () => {
    const titles = severities.map((severity) => {
      const titled = { ...message, severity };
      return [toBlocks(titled)[0], toText(titled).split("\n")[0]];
    });
    const header = (text: string) => ({ type: "header", text: { type: "plain_text", text, emoji: false } });
    expect(titles).toEqual([
      [header("app 2 is on its way"), "app 2 is on its way"],
      [header("Warning: app 2 is on its way"), "Warning: app 2 is on its way"],
      [header("Error: app 2 is on its way"), "Error: app 2 is on its way"],
    ]);
  });

  test("a Slack message shows its link below the title, and an invalid URL as text", () => {
    const section = (name: string, url: string) => toBlocks({ ...message, link: { name, url } })[1];
    expect(section("<Open> a|b", "https://example.com/?a=1&b=2")).toEqual({
      type: "section",
      text: { type: "mrkdwn", text: "<https://example.com/?a=1&amp;b=2|&lt;Open&gt; a¦b>", verbatim: true },
    });
    expect(section("Open", "javascript:alert(1)")).toEqual({
      type: "section",
      text: { type: "plain_text", text: "Open\njavascript:alert(1)", emoji: false },
    });
  });

  test("a post without a Slack token says which token is wanted", async () => {
    await expect(notifier().post(deploys, message)).rejects.toMatchObject({
      code: "unauthenticated",
      message: "use Slack: there is no token",
      wanted: { kind: "token", for: "notifier:slack" },
    });
  });

  test("a post that Slack refuses says what the refusal means", async () => {
    expect(await failureOf(notifier("wrong").post(deploys, message))).toEqual([
      `unauthenticated: post to Slack channel ${deploys}: Slack answered invalid_auth`,
      "use a valid bot token (xoxb-…)",
    ]);
    expect(await failureOf(notifier("none").post(deploys, message))).toEqual([
      `forbidden: post to Slack channel ${deploys}: Slack answered missing_scope (chat:write)`,
      "add the scope to the app, and install it again",
    ]);
    expect(await failureOf(notifier("full").post(foreign, message))).toEqual([
      `forbidden: post to Slack channel ${foreign}: Slack answered not_in_channel`,
      "invite the app: write /invite @APP in the channel",
    ]);
    expect(await failureOf(notifier("full").post("nowhere", message))).toEqual([
      "not_found: post to Slack channel nowhere: Slack answered channel_not_found",
      "check the channel, and invite the app if it is a private one",
    ]);
  });

  test.each([
    ["token_revoked", "unauthenticated"],
    ["account_inactive", "unauthenticated"],
    ["restricted_action", "forbidden"],
    ["is_archived", "conflict"],
    ["ratelimited", "unavailable"],
    ["fatal_error", "unavailable"],
    ["invalid_blocks", "unsupported"],
    ["restricted_action_read_only_channel", "forbidden"],
    ["message_limit_exceeded", "unavailable"],
    ["msg_too_long", "unsupported"],
    ["not_allowed_token_type", "unauthenticated"],
    ["org_login_required", "forbidden"],
    ["accesslimited", "forbidden"],
    ["ekm_access_denied", "forbidden"],
    ["slack_connect_file_link_sharing_blocked", "forbidden"],
    ["messages_tab_disabled", "unsupported"],
    ["invalid_arguments", "unsupported"],
    ["a_code_of_tomorrow", "unsupported"],
  ])("a post that Slack answers with %s fails as %s", async (error, code) => {
    server.fail({ error });
    const [said] = (await failureOf(notifier("full").post(deploys, message))) as [string];
    expect(said).toBe(`${code}: post to Slack channel ${deploys}: Slack answered ${error}`);
  });

  test("a refusal of Slack's says what to do, unless it passes by itself, and its code is shown on one short line", async () => {
    const hintOf = async (error: string): Promise<unknown> => {
      server.fail({ error });
      return ((await failureOf(notifier("full").post(deploys, message))) as unknown[])[1];
    };
    const codes =
      "not_allowed_token_type restricted_action_read_only_channel message_limit_exceeded msg_blocks_too_long a_code_of_tomorrow";
    const hints: unknown[] = [];
    for (const code of codes.split(" ")) hints.push(await hintOf(code));
    expect(hints).toEqual([
      "use a valid bot token (xoxb-…)",
      "ask an owner of the workspace to let the app post there",
      "run it again later, or ask an owner of the workspace about its limit of messages",
      "shorten the message, or give it fewer fields",
      "look up what it means: https://docs.slack.dev/reference/methods/chat.postMessage#errors",
    ]);
    server.fail({ error: `x\u001b[2J\n${"y".repeat(1_000)}` });
    expect(await failureOf(notifier("full").post(deploys, message))).toEqual([
      `unsupported: post to Slack channel ${deploys}: Slack answered x [2J ${"y".repeat(93)}…`,
      "look up what it means: https://docs.slack.dev/reference/methods/chat.postMessage#errors",
    ]);
  });

  test("a post whose answer is lost is not sent again", async () => {
    server.fail({ status: 503, afterwards: true });
    expect(await failureOf(notifier("full").post(deploys, message))).toEqual([
      `unavailable: post to Slack channel ${deploys}: Slack answered 503`,
      undefined,
    ]);
    expect(server.messages).toHaveLength(1);
  });

  test("a rate-limited post waits as long as Slack says, unless that is too long", async () => {
    server.fail({ status: 429, headers: { "retry-after": "0" } });
    await notifier("full").post(deploys, message);
    expect(server.requests.map(({ status }) => status)).toEqual([429, 200]);
    server.fail({ status: 429, headers: { "retry-after": "3600" } });
    expect(await failureOf(notifier("full").post(deploys, message))).toEqual([
      `unavailable: post to Slack channel ${deploys}: Slack wants to be asked again in 3600 s`,
      undefined,
    ]);
  });

  test("a rate-limited post stops waiting when the run is stopped", async () => {
    server.fail({ status: 429, headers: { "retry-after": "20" } });
    const stop = new AbortController();
    const posting = notifier("full", stop.signal).post(deploys, message);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    stop.abort();
    expect(await failureOf(posting)).toEqual([`canceled: post to Slack channel ${deploys}: stopped`, undefined]);
    expect(server.messages).toEqual([]);
  });

  test("a post to an unreachable Slack says so", async () => {
    await server.stop();
    expect(await failureOf(notifier("full").post(deploys, message))).toEqual([
      `unavailable: post to Slack channel ${deploys}: Slack cannot be reached`,
      undefined,
    ]);
  });
});

test("a destination is the ID of a channel, a private channel or a direct message, and nothing else", () => {
  const { read } = slack.destination;
  expect(["C0123456789", "G0123456789", "D0123456789"].map(read)).toEqual(["C0123456789", "G0123456789", "D0123456789"]);
  const hint = "copy the ID from the end of the channel's details in Slack, and write slack:C0123456789";
  for (const name of ["#releases", "releases", "U0123456789", "C01"]) {
    expect(() => read(name)).toThrow(new FairleadError("input", `"slack:${name}" is no destination: slack needs an ID`, { hint }));
  }
  expect(() => read(undefined)).toThrow(new FairleadError("input", '"slack" is no destination: slack needs an ID', { hint }));
});

test("a token that Slack does not take is replaced once where there is another", async () => {
  const values = ["wrong", "full"];
  const fetch = () =>
    Promise.resolve({ value: secretValue(values.shift() ?? "none", "token", createRedactor()), expires: new Date(Date.now() + 3_600_000) });
  let now = Date.now();
  const credentials = createCredentials([{ for: "notifier:slack", by: "app", fetch }], {
    now: () => (now += 60_000),
    usernameFor: () => "",
  });
  const one = slack.create({ ...adapterOptions({ settings: allowSettings(slack, { api: server.url }, publicServers) }), credentials });
  await one.post(deploys, message);
  expect([values, server.messages.length]).toEqual([[], 1]);
});

describe("find", () => {
  test("looking back finds the Slack message of the same key, and no other", async () => {
    const full = notifier("full");
    await full.post(deploys, { ...message, key: "run-0" });
    const before = await full.find(deploys, message);
    const posted = await full.post(deploys, message);
    expect([before, await full.find(deploys, { ...message, title: "changed" })]).toEqual(["none", { posted }]);
  });

  test("looking back finds a message among the newest 1,000, and further back to when it may have been posted", async () => {
    const full = notifier("full");
    const began = new Date();
    const posted = await full.post(deploys, message);
    const others = (count: number): void => {
      const last = Number(server.messages.at(-1)?.ts);
      const ts = (at: number): string => (last + (at + 1) / 1_000_000).toFixed(6);
      const all = Array.from({ length: count }, (_, at) => ({
        ...server.messages[0]!,
        ts: ts(at),
        text: "talk",
        blocks: [],
        metadata: undefined,
      }));
      (server.messages as SlackMessage[]).push(...all);
    };
    const reads = (): number =>
      (server.requests as Slack["requests"][number][]).splice(0).filter(({ method }) => method === "conversations.history").length;
    reads();
    others(300);
    expect([await full.find(deploys, message), reads()]).toEqual([{ posted }, 2]);
    others(900);
    expect([await full.find(deploys, message), reads()]).toEqual(["none", 5]);
    expect([await full.find(deploys, message, began), reads()]).toEqual([{ posted }, 7]);
    const later = new Date(began.getTime() + 3_600_000);
    expect([await full.find(deploys, { ...message, key: "none" }, later), reads()]).toEqual(["none", 5]);
    others(9_000);
    expect(await full.find(deploys, message, began)).toEqual({ unknown: "the channel has more than 10000 messages since then" });
  });

  test("looking back says why it cannot tell whether a Slack message exists", async () => {
    expect(await notifier("poster").find(deploys, message)).toEqual({
      unknown: "the token lacks the scope that reads the channel, such as channels:history",
    });
    expect(await notifier("full").find(foreign, message)).toEqual({ unknown: "the app is not in the channel" });
  });

  test("looking back cannot tell where Slack limits how often a channel is read, and waits for a short limit", async () => {
    const full = notifier("full");
    for (const fault of [{ status: 429, headers: { "retry-after": "3600" } }, { error: "ratelimited" }]) {
      server.fail({ method: "conversations.history", ...fault });
      expect(await full.find(deploys, message)).toEqual({ unknown: "Slack limits how often the channel is read" });
    }
    server.fail({ method: "conversations.history", status: 429, headers: { "retry-after": "0" } });
    expect(await full.find(deploys, message)).toBe("none");
  });

  test("looking back throws where posting to Slack would fail too", async () => {
    expect(await failureOf(notifier("wrong").find(deploys, message))).toEqual([
      `unauthenticated: read Slack channel ${deploys}: Slack answered invalid_auth`,
      "use a valid bot token (xoxb-…)",
    ]);
  });
});
