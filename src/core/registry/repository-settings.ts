import { isList, type Json } from "../json.ts";

/**
 * The state of a repository in a registry. A property that the registry does not have is `null`.
 * Named as in ECR: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
 */
export type RepositoryState = {
  /** `registry/repository`. */
  readonly repository: string;
  /** `null` before the repository exists. */
  readonly arn: string | null;
  /** `MUTABLE`, `IMMUTABLE`, or one of them with `_WITH_EXCLUSION`. */
  readonly tagMutability: string | null;
  /** Tag patterns with the opposite mutability; `*` stands for any characters. */
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

/** The wanted settings of a repository. Omitted ones are left to the registry, and are never compared. */
export type RepositorySettings = { readonly [Name in SettingName]?: RepositoryState[Name] };

type SettingName = Exclude<keyof RepositoryState, "repository" | "arn">;

/** A setting that differs from the wanted one. */
export interface SettingDifference {
  readonly name: SettingName;
  /** For people: `scan on push`. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** True if it can be changed once the repository exists. */
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

/** Returns the wanted settings that differ, in a fixed order. Tags that nobody asked for are ignored. */
export function differences(wanted: RepositorySettings, existing: RepositoryState): readonly SettingDifference[] {
  return (Object.keys(titles) as SettingName[]).flatMap((name) => {
    const to = wanted[name];
    const from = name === "tags" ? onlyTags(existing.tags, Object.keys(wanted.tags ?? {})) : existing[name];
    if (to === undefined || same(name, from, to)) return [];
    const changeable = name !== "encryption" && name !== "kmsKey";
    return [{ name, title: titles[name], from: settingText(from), to: settingText(to), changeable }];
  });
}

/** Returns the wanted settings as one line: `tag mutability IMMUTABLE, scan on push true`. */
export function settingsText(settings: RepositorySettings): string {
  const named = (Object.keys(titles) as SettingName[]).flatMap((name) => {
    const value = settings[name];
    return value === undefined || (isList(value) && value.length === 0) ? [] : [`${titles[name]} ${settingText(value)}`];
  });
  return named.length === 0 ? "the registry's own settings" : named.join(", ");
}

/** Returns only the settings of these names. */
export function onlySettings(settings: RepositorySettings, names: readonly string[]): RepositorySettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
}

function onlyTags(tags: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => keys.includes(key)));
}

/** A key may be given by its ID, which is the end of its ARN. */
function same(name: SettingName, from: Json, to: Json): boolean {
  if (name === "kmsKey" && typeof from === "string" && typeof to === "string" && from.endsWith(`:key/${to}`)) return true;
  return JSON.stringify(canonical(from)) === JSON.stringify(canonical(to));
}

/**
 * AWS returns policies with other blanks, in another order, and a one-item list as its item. None of that is a
 * difference.
 */
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
