import { FairleadError } from "../errors.ts";

/** A placeholder, or a doubled brace, which stands for itself. */
const placeholder = /\{\{|\{([^{}\n]*)\}/g;

/** Throws `input` if the template has a placeholder that is not one of these. */
export function checkTemplate(template: string, names: readonly string[]): void {
  const [unknown] = [...template.matchAll(placeholder)].filter(([whole, name]) => whole !== "{{" && !names.includes(name ?? ""));
  if (unknown === undefined) return;
  throw new FairleadError("input", `there is no placeholder ${unknown[0]}`, {
    hint: `use ${names.map((name) => `{${name}}`).join(", ")}, or write {{ for a brace`,
  });
}

/** Returns the template with `{name}` replaced by its value, and `{{` by a brace. Values are not expanded again. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(placeholder, (whole, name: string | undefined) => (whole === "{{" ? "{" : (values[name ?? ""] ?? whole)));
}
