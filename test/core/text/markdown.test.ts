import { expect, test } from "vitest";
import { markdownBlock, markdownCell, markdownCode, markdownLink, markdownText } from "../../../src/core/text/markdown.ts";

/** Shows what takes no room. */
const seen = (text: string): string => text.replaceAll("\u200b", "·");

test.each([
  ["a mention", "thanks @acme/team", String.raw`thanks @·acme/team`],
  ["a reference that would close an issue", "fixes #12, acme/app#3 and GH-4", String.raw`fixes \#·12, acme/app\#·3 and GH-·4`],
  ["a link", "see https://evil.dev or www.evil.dev", String.raw`see https:·//evil.dev or www·.evil.dev`],
  [
    "a link of Markdown, an image",
    "[here](//evil.dev) ![](//evil.dev/x.png)",
    String.raw`\[here\]\(//evil.dev\) \!\[\]\(//evil.dev/x.png\)`,
  ],
  ["HTML", "<img src=x onerror=y> &lt;", String.raw`\<img src=x onerror=y\> \&lt;`],
  ["emphasis, code and mathematics", "*a* _b_ `c` ~d~ $e$ {f}", "\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\$e\\$ \\{f\\}"],
  ["a record of ours", "<!-- fairlead run=1 -->", String.raw`\<\! -- fairlead run=1 --\>`],
  ["a heading behind a line end", "a\n# b\r\n\r\n> c", String.raw`a \# b \> c`],
  ["a list", "- a", String.raw`\- a`],
  ["a numbered list", "1. a", String.raw`1\. a`],
  ["what a terminal obeys, and what turns the direction of text", "a\u001b[31mb\u202ec", String.raw`a\\x1b\[31mb\\u\{202e\}c`],
])("text of others with %s is shown in Markdown as it reads", (_, text, expected) => {
  expect(seen(markdownText(text))).toBe(expected);
});

test.each([
  ["plain", "ghcr.io/acme/app:1.5", "`ghcr.io/acme/app:1.5`"],
  ["with backticks", "a `b` ``c``", "``` a `b` ``c`` ```"],
  ["empty", "", "`  `"],
  ["of two lines with a record", "a\n<!-- fairlead -->", "`a <! -- fairlead -->`"],
])("text of others that is %s stays within its code", (_, text, expected) => {
  expect(markdownCode(text)).toBe(expected);
});

test("text of others ends no cell of a table", () => {
  expect(markdownCell("a|b")).toBe(String.raw`${"`"}a\|b${"`"}`);
  const ended = [String.raw`a\|b`, String.raw`a\\|b`, "||", String.raw`\||\|`].filter((text) =>
    /(?<!\\)(?:\\\\)*\|/.test(markdownCell(text)),
  );
  expect(ended, "a bar behind an even number of backslashes ends the cell").toEqual([]);
});

test("text of others ends no block of code, and no line of it is a record of ours", () => {
  expect(markdownBlock("one\n```\n<!-- fairlead -->\n\ttwo\u202e\n~~~~", 1000)).toBe(
    "````text\none\n```\n<! -- fairlead -->\n  two\\u{202e}\n~~~~\n````",
  );
  expect(markdownBlock("0123456789", 5)).toBe("```text\n0123…\n```");
});

test("a link leads to the web, or is none", () => {
  expect(markdownLink("#7", "https://github.com/acme/fleet/pull/7")).toBe("[\\#\u200b7](https://github.com/acme/fleet/pull/7)");
  expect(markdownLink("a](b", "https://x.dev/)(_|`<b>")).toBe(String.raw`[a\]\(b](https://x.dev/%29%28%5F%7C%60%3Cb%3E)`);
  expect([markdownLink("a", "javascript:alert(1)"), markdownLink("a", "https://u:p@x.dev"), markdownLink("a", "no")]).toEqual([
    "a",
    "a",
    "a",
  ]);
});

test("text of others is cut between two letters", () => {
  expect([markdownText("ab👩‍🚀cd", 5), markdownCode("abcdef", 4)]).toEqual(["ab…", "`abc…`"]);
});
