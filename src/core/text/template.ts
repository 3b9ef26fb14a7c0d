// The one template language: `${{ NAME }}` stands for a value, and all else for itself. There are no functions and no operators.
import { FairleadError } from "../errors.ts";
import { suggest } from "./suggest.ts";

/** Text as it was written, or what stands between `${{` and `}}`: trimmed, and empty where the braces are not closed. */
export type TemplatePart = { readonly text: string } | { readonly name: string; readonly written: string };

/** Returns the parts of a template, in their order. */
export function splitTemplate(template: string): readonly TemplatePart[] {
  return template.split(/(\$\{\{.*?(?:\}\}|$))/s).flatMap((written): readonly TemplatePart[] => {
    if (!written.startsWith("${{")) return written === "" ? [] : [{ text: written }];
    const [, name = ""] = /^\$\{\{(.*)\}\}$/s.exec(written) ?? [];
    return [{ name: name.trim(), written }];
  });
}

/**
 * Throws `input` if the template has a placeholder that is not one of these names. `{NAME}` of such a name is an error too: it was the form of a
 * placeholder once, and would be posted as it is.
 */
export function checkTemplate(template: string, names: readonly string[]): void {
  for (const part of splitTemplate(template)) {
    if ("text" in part) assertNoOldForm(part.text, names);
    else if (!names.includes(part.name)) {
      throw new FairleadError("input", `there is no placeholder ${part.written}`, { hint: meantPlaceholder(part.name, names) });
    }
  }
}

/** Returns the template with the values in their places. A name without a value stays as it is written. Values are not expanded again. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return splitTemplate(template)
    .map((part) => ("text" in part ? part.text : (values[part.name] ?? part.written)))
    .join("");
}

function assertNoOldForm(text: string, names: readonly string[]): void {
  const old = names.find((name) => text.includes(`{${name}}`));
  if (old === undefined) return;
  throw new FairleadError("input", `{${old}} is the old form of ${placeholder(old)}`, { hint: `write ${placeholder(old)}` });
}

function meantPlaceholder(name: string, names: readonly string[]): string {
  const near = suggest(name, names);
  return near === undefined ? `use ${names.map(placeholder).join(", ")}` : `did you mean ${placeholder(near)}?`;
}

function placeholder(name: string): string {
  return `\${{ ${name} }}`;
}
