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
