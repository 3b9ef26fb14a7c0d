import { expect, test } from "vitest";
import { readableLines } from "../../webhook/log.ts";

const time = new Date(2026, 0, 2, 3, 4, 5).getTime();

test.each([
  [
    { level: 30, host: "127.0.0.1", port: 8080, sources: 1, msg: "listening" },
    "03:04:05  listening  host=127.0.0.1  port=8080  sources=1\n",
  ],
  [{ level: 30, providerId: null, events: ["push", "tag"], runs: [], msg: "delivery" }, "03:04:05  delivery  events=push,tag\n"],
  [
    { level: 50, problems: ["f.yaml:1:2 a: no", "f.yaml:3:4 b: no"], hint: "see docs", msg: "configuration refused" },
    "03:04:05  error: configuration refused\n  problems: f.yaml:1:2 a: no\n  problems: f.yaml:3:4 b: no\n  hint: see docs\n",
  ],
  [
    { level: 30, run: "r", state: "queued", error: "push: 503 of\nthe \u001b[31mregistry", msg: "run left" },
    "03:04:05  run left  run=r  state=queued\n  error: push: 503 of\\nthe \\x1b[31mregistry\n",
  ],
  [{ level: 40, exit: { code: 1 } }, '03:04:05  warn:   exit={"code":1}\n'],
])("an entry of the log is lines for a person: %j", (entry, lines) => {
  expect(readableLines(JSON.stringify({ ...entry, time }))).toBe(lines);
});
