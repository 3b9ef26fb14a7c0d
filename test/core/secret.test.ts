import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor, parseSecretReference } from "../../src/core/secret.ts";

test.each([
  ["env:TOKEN", { kind: "env", at: "TOKEN" }],
  ["env://TOKEN", { kind: "env", at: "TOKEN" }],
  ["file:/run/token", { kind: "file", at: "/run/token" }],
  ["file://./token", { kind: "file", at: "./token" }],
  ["cmd:gh auth token", { kind: "cmd", at: "gh auth token" }],
])("the secret reference %s is parsed", (text, reference) => {
  expect(parseSecretReference(text)).toEqual(reference);
});

test("a secret in plain text is refused and not repeated", () => {
  expect(() => parseSecretReference("ghp_abcdefgh")).toThrow(
    expect.objectContaining({
      code: "input",
      message: "read secret: it is not a reference to one",
      hint: "name where the secret is: env:NAME, file:PATH or cmd:COMMAND",
    }),
  );
});

test("a known value is redacted whole, in each of its lines, and in common encodings", () => {
  const redactor = createRedactor();
  redactor.add("s3cret/?&value\nsecond-line\n");
  const text = `a s3cret/?&value b ${Buffer.from("s3cret/?&value").toString("base64")} c ${encodeURIComponent("s3cret/?&value")} d second-line`;
  expect(redactor.redact(text)).toBe("a *** b *** c *** d ***");
});

test.each([
  ["base64 that a program wrapped", "encoded: Z2hwXzAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9w\nb25tbGtqaWhnZmVkY2Jh.", "encoded: ***\n***."],
  [
    "hex that a program wrapped",
    "6768705f303132333435363738396162636465666768696a6b6c6d\n6e6f706f6e6d6c6b6a696867666564636261",
    "***\n***",
  ],
  ["a part of it in base64", "x-cF8wMTIzNDU2Nzg5", "***"],
  ["colours between its letters", "\u001b[31mghp_\u001b[0m0123456789abcdefghijklmno\u001b[1mponmlkjihgfedcba\u001b[0m!", "***!"],
  ["marks without width between its letters", "ghp_0123456789abcdefghij\u200bklmnoponmlkjihgfedcba\r", "***"],
  ["colours and no secret", "\u001b[31mred\u001b[0m", "\u001b[31mred\u001b[0m"],
  ["hex that is another's", "sha256:991abae6ca8a17e67f28c9ff405d3917ee70a8abd6b342eb57fbaa7192887b06", undefined],
])("the redactor finds a value in %s", (_what, text, shown) => {
  const redactor = createRedactor();
  redactor.add("ghp_0123456789abcdefghijklmnoponmlkjihgfedcba");
  expect(redactor.redact(text)).toBe(shown ?? text);
});

test("redacted text never contains the value, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4, unit: "grapheme" }), fc.string(), fc.string(), (value, before, after) => {
      const shown = value.trim();
      fc.pre(shown.length >= 4 && !shown.includes("\n") && !"***".includes(shown) && !(before + "***" + after).includes(shown));
      const redactor = createRedactor();
      redactor.add(value);
      expect(redactor.redact(before + value + after)).not.toContain(shown);
    }),
  );
});
