import { formatImage, unknownDigest, type Digest, type ImageRef } from "../image/image.ts";
import type { ImageSource } from "./image-source.ts";
import type { ManifestChange } from "./manifest/edit-image.ts";
import { repositoryPage } from "../git/repository.ts";
import { fillTemplate } from "../text/template.ts";

/** What is known of a deployment, for those who read of it. */
export interface DeployFacts {
  readonly image: ImageRef;
  readonly digest: Digest | undefined;
  readonly source: ImageSource | undefined;
  readonly changes: readonly ManifestChange[];
  /** The page of what is new in the source since the image that is replaced. */
  readonly compare: string | undefined;
  /** The pull request that asked for the same before. */
  readonly previous: number | undefined;
  readonly run: string;
}

/** What a title or a body may name in braces. */
export const placeholders = ["image", "repository", "tag", "digest", "changes", "source", "commit", "compare", "previous", "run"] as const;

/** Returns the first line that says what is deployed: for a commit and a pull request. */
export function deployTitle(facts: DeployFacts, template: string | undefined): string {
  const { image } = facts;
  if (template === undefined) return `deploy ${image.repository} ${image.tag ?? image.digest ?? ""}`.trimEnd();
  return fillTemplate(template, valuesOf(facts)).replace(/\s+/g, " ").trim();
}

/** Returns the body of the pull request, in Markdown. */
export function deployBody(facts: DeployFacts, template: string | undefined): string {
  if (template !== undefined) return fillTemplate(template, valuesOf(facts));
  const { image, source, compare, previous, run } = facts;
  const more = [
    ...(source === undefined ? [] : [`- commit: ${repositoryPage(source.repository)} at \`${source.commit}\``]),
    ...(compare === undefined ? [] : [`- what is new: ${compare}`]),
    ...(previous === undefined ? [] : [`- the same change was asked for before: #${previous}`]),
    `- run: \`${run}\``,
  ];
  return [`Deploys \`${formatImage(image)}\`.`, "", changesTable(facts), "", ...more].join("\n");
}

/** Returns the message of the commit. Its last paragraph is trailers: https://git-scm.com/docs/git-interpret-trailers */
export function commitMessage(facts: DeployFacts, template: string | undefined): string {
  const { image, source, digest, run, changes } = facts;
  const lines = changes.map(({ file, line, from, to }) => oneLine(`${file}:${line}: ${from} → ${to}`));
  const trailers = [
    `Image: ${formatImage(image)}`,
    ...(digest === undefined ? [] : [`Image-Digest: ${digest}`]),
    ...(source === undefined ? [] : [`Source: ${repositoryPage(source.repository)}`, `Source-Commit: ${source.commit}`]),
    `Run: ${run}`,
  ];
  return [deployTitle(facts, template), "", ...lines, "", ...trailers, ""].join("\n");
}

function valuesOf(facts: DeployFacts): Record<(typeof placeholders)[number], string> {
  const { image, digest, source, compare, previous, run } = facts;
  return {
    image: formatImage(image),
    repository: image.repository,
    tag: image.tag ?? "",
    digest: digest ?? (image.digest === unknownDigest ? unknownDigest : ""),
    changes: changesTable(facts),
    source: source === undefined ? "" : repositoryPage(source.repository),
    commit: source?.commit ?? "",
    compare: compare ?? "",
    previous: previous === undefined ? "" : `#${previous}`,
    run,
  };
}

function changesTable({ changes }: DeployFacts): string {
  const rows = changes.map(({ file, line, path, from, to }) => `| ${[`${file}:${line}`, path, from, to].map(cell).join(" | ")} |`);
  return ["| where | what | from | to |", "|---|---|---|---|", ...rows].join("\n");
}

/** What comes from a manifest is shown as it is, and is no Markdown of ours. */
function cell(text: string): string {
  return `\`${oneLine(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
