import fc from "fast-check";
import { expect, test } from "vitest";
import { checkTemplate, fillTemplate } from "../../../src/core/text/template.ts";

const values = { tag: "1.0", image: "ghcr.io/acme/web:1.0" };
const names = Object.keys(values);

test.each([
  ["deploy ${{ tag }}", "deploy 1.0"],
  ["${{tag}}${{ tag }} of ${{\timage }}", "1.01.0 of ghcr.io/acme/web:1.0"],
  ["{{ tag }} {} $ {other}", "{{ tag }} {} $ {other}"],
  ['{"tag": "${{ tag }}"}', '{"tag": "1.0"}'],
])("the template %s is filled", (template, filled) => {
  expect(() => checkTemplate(template, names)).not.toThrow();
  expect(fillTemplate(template, values)).toBe(filled);
});

const known = "use ${{ tag }}, ${{ image }}";

test.each([
  ["${{ what }}", "there is no placeholder ${{ what }}", known],
  ["${{ }}", "there is no placeholder ${{ }}", known],
  ["${{ __proto__ }}", "there is no placeholder ${{ __proto__ }}", known],
  ["${{ event.tag }}", "there is no placeholder ${{ event.tag }}", known],
  ["${{ tag", "there is no placeholder ${{ tag", known],
  ["${{ imgae }}", "there is no placeholder ${{ imgae }}", "did you mean ${{ image }}?"],
  ["{image}", "{image} is the old form of ${{ image }}", "write ${{ image }}"],
  ["${image}", "{image} is the old form of ${{ image }}", "write ${{ image }}"],
])("the placeholder %s is an input error: %s", (template, message, hint) => {
  expect(() => checkTemplate(`a ${template}`, names)).toThrow(expect.objectContaining({ code: "input", message, hint }) as Error);
});

test("values of a template are not expanded again", () => {
  const isKept = (tag: string): void => void expect(fillTemplate("${{ tag }}!", { tag })).toBe(`${tag}!`);
  fc.assert(fc.property(fc.string(), isKept));
  expect(fillTemplate("${{ tag }}", { tag: "${{ image }} {{ $&", image: "x" })).toBe("${{ image }} {{ $&");
});
