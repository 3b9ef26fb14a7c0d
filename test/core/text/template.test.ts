import fc from "fast-check";
import { expect, test } from "vitest";
import { checkTemplate, fillTemplate } from "../../../src/core/text/template.ts";

const values = { tag: "1.0", image: "ghcr.io/acme/web:1.0" };
const names = Object.keys(values);

test.each([
  ["deploy {tag}", "deploy 1.0"],
  ["{tag}{tag} of {image}", "1.01.0 of ghcr.io/acme/web:1.0"],
  ["{{tag} }", "{tag} }"],
  ['{{"tag": "{tag}"}', '{"tag": "1.0"}'],
])("the template %s is filled", (template, filled) => {
  expect(() => checkTemplate(template, names)).not.toThrow();
  expect(fillTemplate(template, values)).toBe(filled);
});

test.each(["{what}", "{}", "{ tag }", "{__proto__}"])("the placeholder %s is an input error that lists the known ones", (template) => {
  expect(() => checkTemplate(`a ${template}`, names)).toThrow(
    expect.objectContaining({
      code: "input",
      message: `there is no placeholder ${template}`,
      hint: "use {tag}, {image}, or write {{ for a brace",
    }) as Error,
  );
});

test("values of a template are not expanded again", () => {
  const isKept = (tag: string): void => void expect(fillTemplate("{tag}!", { tag })).toBe(`${tag}!`);
  fc.assert(fc.property(fc.string(), isKept));
  expect(fillTemplate("{tag}", { tag: "{image} {{ $&", image: "x" })).toBe("{image} {{ $&");
});
