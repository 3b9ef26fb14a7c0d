import { formatImage, unknownDigest } from "../image/image.ts";
import { repositoryPage } from "../git/repository.ts";
import { cut } from "../text/cut.ts";
import { fillTemplate } from "../text/template.ts";
import type { ChangedReference } from "../change/change.ts";
import type { ImageBump } from "./image-bump.ts";
import { listed } from "./image-set.ts";

/** The facts of a deployment that commits and pull requests show. */
export interface DeployFacts {
  /** At least one, by their names. */
  readonly bumps: readonly ImageBump[];
  /** The pull request that asked for the same before. */
  readonly previous: number | undefined;
  readonly run: string;
}

/** The names that a title or a body may have as `${{ NAME }}`. Of several images, `changes` has a section for each, and the others are lists. */
export const placeholders = ["image", "repository", "tag", "digest", "changes", "source", "commit", "compare", "previous", "run"] as const;

/** GitHub takes no longer title. */
const longestTitle = 256;
/** GitHub takes 65,536 characters of a body; the marker and what a person adds need some. */
const longestBody = 60_000;
/** The most rows of a table, tried in turn until the body is short enough. */
const rowLimits = [Infinity, 20, 5, 1, 0] as const;

/** Returns the first line that says what is deployed: for a commit and a pull request. */
export function deployTitle(facts: DeployFacts, template: string | undefined): string {
  const own = (): string => `deploy ${listed(facts.bumps.map(nameAndTag))}`;
  const filled = template === undefined ? "" : fillTemplate(template, valuesOf(facts, Infinity)).replace(/\s+/g, " ").trim();
  const title = filled === "" ? own() : filled; // a template may hold only what this image does not say
  return cut(title, longestTitle);
}

/** Returns the body of the pull request, in Markdown. A table that is too long for GitHub ends with the number of rows that it lacks. */
export function deployBody(facts: DeployFacts, template: string | undefined): string {
  const bodyOf = (rows: number): string => (template === undefined ? ownBody(facts, rows) : fillTemplate(template, valuesOf(facts, rows)));
  const whole = rowLimits
    .values()
    .map(bodyOf)
    .find((body) => body.length <= longestBody);
  return whole ?? cut(bodyOf(0), longestBody);
}

/** Returns the message of the commit. Its last paragraph is trailers: https://git-scm.com/docs/git-interpret-trailers */
export function commitMessage(facts: DeployFacts, template: string | undefined): string {
  const lines = distinct(
    facts.bumps.flatMap(({ changes }) => changes.map(({ file, line, from, to }) => oneLine(`${file}:${line}: ${from} → ${to}`))),
  );
  return [deployTitle(facts, template), "", ...lines, "", ...facts.bumps.flatMap(trailersOf), `Run: ${facts.run}`, ""].join("\n");
}

/** Each image's trailers begin with `Image`. */
function trailersOf({ image, digest, source }: ImageBump): readonly string[] {
  return [
    `Image: ${formatImage(image)}`,
    ...(digest === undefined ? [] : [`Image-Digest: ${digest}`]),
    ...(source === undefined ? [] : [`Source: ${repositoryPage(source.repository)}`, `Source-Commit: ${source.commit}`]),
  ];
}

function nameAndTag({ image }: ImageBump): string {
  return `${image.repository} ${image.tag ?? image.digest ?? ""}`.trimEnd();
}

function ownBody({ bumps, previous, run }: DeployFacts, rows: number): string {
  const ofAll = [...(previous === undefined ? [] : [`- the same change was asked for before: #${previous}`]), `- run: \`${run}\``];
  const [bump, ...others] = bumps;
  if (bump === undefined || others.length > 0) {
    const sections = bumps.flatMap((each) => ["", section(each, rows), ...sourceLines(each, [""])]);
    return [`Deploys ${bumps.length} images.`, "", ...ofAll, ...sections].join("\n");
  }
  return [`Deploys \`${formatImage(bump.image)}\`.`, "", changesTable(bump.changes, rows), "", ...sourceLines(bump, []), ...ofAll].join(
    "\n",
  );
}

function sourceLines({ source, compare }: ImageBump, before: readonly string[]): readonly string[] {
  const lines = [
    ...(source === undefined ? [] : [`- commit: ${repositoryPage(source.repository)} at \`${source.commit}\``]),
    ...(compare === undefined ? [] : [`- what is new: ${compare}`]),
  ];
  return lines.length === 0 ? [] : [...before, ...lines];
}

/** One image among several: its name, and its table. */
function section({ image, changes }: ImageBump, rows: number): string {
  const table = changes.length === 0 ? "The base branch deploys it already." : changesTable(changes, rows);
  return [`### \`${formatImage(image)}\``, "", table].join("\n");
}

function valuesOf({ bumps, previous, run }: DeployFacts, rows: number): Record<(typeof placeholders)[number], string> {
  const list = (valueOf: (bump: ImageBump) => string | undefined): string =>
    distinct(bumps.flatMap((bump) => valueOf(bump) ?? [])).join(", ");
  const [bump] = bumps;
  return {
    image: list(({ image }) => formatImage(image)),
    repository: list(({ image }) => image.repository),
    tag: list(({ image }) => image.tag),
    digest: list(({ image, digest }) => digest ?? (image.digest === unknownDigest ? unknownDigest : undefined)),
    changes:
      bump !== undefined && bumps.length === 1 ? changesTable(bump.changes, rows) : bumps.map((each) => section(each, rows)).join("\n\n"),
    source: list(({ source }) => source && repositoryPage(source.repository)),
    commit: list(({ source }) => source?.commit),
    compare: list(({ compare }) => compare),
    previous: previous === undefined ? "" : `#${previous}`,
    run,
  };
}

function changesTable(changes: readonly ChangedReference[], most: number): string {
  const rows = changes
    .slice(0, most)
    .map(({ file, line, path, from, to }) => `| ${[`${file}:${line}`, path, from, to].map(cell).join(" | ")} |`);
  const left = changes.length - rows.length;
  return ["| where | what | from | to |", "|---|---|---|---|", ...rows, ...(left === 0 ? [] : [`| and ${left} more | | | |`])].join("\n");
}

/** Returns the text of a manifest as a table cell in which nothing is Markdown. */
function cell(text: string): string {
  return `\`${oneLine(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
