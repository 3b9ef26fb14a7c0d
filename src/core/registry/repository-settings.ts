import { isList, type Json } from "../json.ts";

/** A repository of a registry as it is. What a registry does not have is `null`. In ECR's words: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html */
export type RepositoryState = {
  /** `registry/repository`. */
  readonly repository: string;
  /** `null` before it is there. */
  readonly arn: string | null;
  /** `MUTABLE`, `IMMUTABLE`, or one of them with `_WITH_EXCLUSION`. */
  readonly tagMutability: string | null;
  /** Tags for which the other of the two holds; `*` stands for any characters. */
  readonly tagMutabilityExclusions: readonly string[];
  readonly scanOnPush: boolean | null;
  /** `AES256`, `KMS` or `KMS_DSSE`. */
  readonly encryption: string | null;
  /** The ARN of the KMS key. */
  readonly kmsKey: string | null;
  readonly lifecyclePolicy: Json;
  readonly repositoryPolicy: Json;
  readonly tags: Readonly<Record<string, string>>;
};

/** How a repository shall be. What is not said is left to the registry, and is never compared. */
export type RepositorySettings = { readonly [Name in SettingName]?: RepositoryState[Name] };

type SettingName = Exclude<keyof RepositoryState, "repository" | "arn">;

/** A setting that is not as it shall be. */
export interface SettingDifference {
  readonly name: SettingName;
  /** For people: `scan on push`. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** Whether it can be changed once the repository is there. */
  readonly changeable: boolean;
}

const titles: Readonly<Record<SettingName, string>> = {
  tagMutability: "tag mutability",
  tagMutabilityExclusions: "tag mutability exclusions",
  scanOnPush: "scan on push",
  encryption: "encryption",
  kmsKey: "KMS key",
  lifecyclePolicy: "lifecycle policy",
  repositoryPolicy: "repository policy",
  tags: "tags",
};

/** Returns the settings that are said and differ, in one fixed order. Tags that nobody asked for are nobody's business. */
export function differences(wanted: RepositorySettings, there: RepositoryState): readonly SettingDifference[] {
  return (Object.keys(titles) as SettingName[]).flatMap((name) => {
    const to = wanted[name];
    const from = name === "tags" ? onlyTags(there.tags, Object.keys(wanted.tags ?? {})) : there[name];
    if (to === undefined || same(name, from, to)) return [];
    const changeable = name !== "encryption" && name !== "kmsKey";
    return [{ name, title: titles[name], from: settingText(from), to: settingText(to), changeable }];
  });
}

/** Returns what is asked for as one line: `tag mutability IMMUTABLE, scan on push true`. */
export function settingsText(settings: RepositorySettings): string {
  const named = (Object.keys(titles) as SettingName[]).flatMap((name) => {
    const value = settings[name];
    return value === undefined || (isList(value) && value.length === 0) ? [] : [`${titles[name]} ${settingText(value)}`];
  });
  return named.length === 0 ? "the registry's own settings" : named.join(", ");
}

/** Returns the settings of these names alone. */
export function onlySettings(settings: RepositorySettings, names: readonly string[]): RepositorySettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
}

function onlyTags(tags: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => keys.includes(key)));
}

/** A key may be asked for by its ID, which ends its ARN. */
function same(name: SettingName, from: Json, to: Json): boolean {
  if (name === "kmsKey" && typeof from === "string" && typeof to === "string" && from.endsWith(`:key/${to}`)) return true;
  return JSON.stringify(canonical(from)) === JSON.stringify(canonical(to));
}

/** AWS gives policies back with other blanks, another order, and a list of one as its one: none of it means anything. */
function canonical(value: Json): Json {
  if (isList(value)) {
    const items = value.map(canonical);
    return items.length === 1 ? (items[0] ?? null) : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, canonical(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function settingText(value: Json): string {
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return "(none)";
  if (isList(value)) return value.map(settingText).join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
