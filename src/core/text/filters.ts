import { trim, trimEnd } from "./trim.ts";

/** What a template makes of a value: `${{ event.branch | tag }}`. The list is closed. "": nothing is left of it. */
export const filters: Readonly<Record<string, (value: string) => string>> = {
  lower: (value) => value.toLowerCase(),
  short: (value) => Array.from(value).slice(0, 7).join(""),
  slug: (value) => trimEnd(trim(value.toLowerCase().replace(/[^a-z0-9]+/g, "-"), "-").slice(0, 63), "-"),
  tag: (value) => trimStart(value.replace(/[^\w.-]+/g, "-")).slice(0, 128),
};

/** The names of the filters. */
export const filterNames: readonly string[] = Object.keys(filters);

/** An image tag begins with none of these: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
function trimStart(text: string): string {
  return text.replace(/^[.-]+/, "");
}
