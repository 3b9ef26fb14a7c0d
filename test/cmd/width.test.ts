import { expect, test } from "vitest";
import { cutToWidth, widthOf } from "../../src/cmd/progress/width.ts";

test.each([
  ["app:1.4.3", 9],
  ["naïve", 5],
  ["nai\u0308ve", 5],
  ["構築", 4],
  ["ビルド", 6],
  ["ﾋﾞﾙﾄﾞ", 3],
  ["빌드", 4],
  ["ＡＢ", 4],
  ["🚀", 2],
  ["👩‍💻", 2],
  ["🇫🇷", 2],
  ["❤️", 2],
  ["❤", 1],
  ["✓ → … ⠋", 7],
  ["#1", 2],
])("a terminal gives %j the columns that widthOf counts", (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

test.each([
  ["app:1.4.3", 9, "app:1.4.3"],
  ["app:1.4.3", 8, "app:1.4…"],
  ["構築する", 8, "構築する"],
  ["構築する", 7, "構築す…"],
  ["構築する", 6, "構築…"],
  ["go 👩‍💻👩‍💻", 6, "go 👩‍💻…"],
  ["app", 1, "…"],
  ["app", 0, ""],
])("%j cut to %d columns is %j", (text, columns, shown) => {
  expect(cutToWidth(text, columns)).toBe(shown);
});
