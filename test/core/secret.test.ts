import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor, parseSecretReference } from "../../src/core/secret.ts";

test.each([
  ["env:TOKEN", { kind: "env", at: "TOKEN" }],
  ["env://TOKEN", { kind: "env", at: "TOKEN" }],
  ["file:/run/token", { kind: "file", at: "/run/token" }],
  ["file://./token", { kind: "file", at: "./token" }],
  ["cmd:gh auth token", { kind: "cmd", at: "gh auth token" }],
])("%s is read", (text, reference) => {
  expect(parseSecretReference(text)).toEqual(reference);
});

test("a literal given for a secret is refused and not repeated", () => {
  expect(() => parseSecretReference("ghp_abcdefgh")).toThrow(
    expect.objectContaining({
      code: "input",
      message: "read secret: it is not a reference to one",
      hint: "name where the secret is: env:NAME, file:PATH or cmd:COMMAND",
    }),
  );
});

test("a known value is taken out, whole, in each of its lines, and in the encodings in which it travels", () => {
  const redactor = createRedactor();
  redactor.add("s3cret/?&value\nsecond-line\n");
  const text = `a s3cret/?&value b ${Buffer.from("s3cret/?&value").toString("base64")} c ${encodeURIComponent("s3cret/?&value")} d second-line`;
  expect(redactor.redact(text)).toBe("a *** b *** c *** d ***");
});

test("whatever the value, it is not in what is shown", () => {
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
