import fc from "fast-check";
import { expect, test } from "vitest";
import { isTag } from "../../../src/core/image/image.ts";
import { filters } from "../../../src/core/text/filters.ts";

test.each([
  ["tag", "feature/login", "feature-login"],
  ["tag", "v1.0.0+build", "v1.0.0-build"],
  ["tag", "-.x", "x"],
  ["tag", "_ok", "_ok"],
  ["tag", "é🚀/x", "x"],
  ["tag", "é", ""],
  ["tag", "x".repeat(200), "x".repeat(128)],
  ["slug", "Feature/Login_2", "feature-login-2"],
  ["slug", "--é--", ""],
  ["slug", `${"a".repeat(62)}/b`, "a".repeat(62)],
  ["short", "4f1c2aa0b5d9f1e6c7a8b9c0d1e2f3a4b5c6d7e8", "4f1c2aa"],
  ["short", "🚀🚀🚀🚀🚀🚀🚀🚀", "🚀🚀🚀🚀🚀🚀🚀"],
  ["short", "abc", "abc"],
  ["lower", "Acme/App", "acme/app"],
])("the filter %s makes of %j %j", (name, value, filtered) => {
  expect(filters[name]!(value)).toBe(filtered);
});

test("the filter tag makes a tag of any value of which something is left, and a slug is a DNS label", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (value) => {
      const [tag, slug] = [filters.tag!(value), filters.slug!(value)];
      expect(tag === "" || isTag(tag)).toBe(true);
      expect(slug).toMatch(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/);
    }),
  );
});
