import { adapterKinds } from "../adapters.ts";

/** Fields of fairlead.yaml that have another name now, each with what is written in their place. */
const renamed: readonly (readonly [former: string, now: string])[] = [
  ["image", "images"],
  ["keep", "retention"],
  ["silence", "stallTimeout"],
  ...adapterKinds.flatMap(({ formerFields = [] }) => formerFields),
];

/** Returns what is written today in place of a field that is gone, where one of `known` begins it; undefined for any other field. */
export function newForm(field: string, known: readonly string[]): string | undefined {
  return renamed.find(([former, now]) => former === field && known.includes(now.split(":", 1)[0] ?? ""))?.[1];
}
