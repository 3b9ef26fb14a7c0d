import type { Repository } from "../../core/git/repository.ts";
import type { DeploymentState } from "../../core/git/deployments.ts";
import type { RunView, Subject } from "../../core/reporter.ts";
import { cutLine } from "../../core/text/cut.ts";
import { mayBeShown, wantedState } from "../deployment/state.ts";
import { formatProposed } from "../view.ts";

/** A row of the comment: what the newest run of an application has come to in an environment, or by a route without one. All its texts may be anybody's. */
export interface Row {
  /** The environment; else the route, else the pipeline. */
  readonly key: string;
  /** Null for a run of a command line, and in a comment that an older fairlead has written. */
  readonly route: string | null;
  readonly run: string;
  /** When the run was made, in milliseconds since 1970. */
  readonly at: number;
  /** Where what runs there is reached. */
  readonly url: string | null;
  readonly state: string;
  readonly images: readonly RowImage[];
  readonly pull: RowLink | null;
  readonly news: readonly News[];
}

/** An image without its digest, and the digest. */
export interface RowImage {
  readonly image: string;
  readonly digest: string | null;
}

export interface RowLink {
  readonly text: string;
  readonly url: string;
}

/** The commits that an image brings. */
export interface News {
  /** The image that was there before. */
  readonly since: string;
  readonly compare: string | null;
  readonly total: number;
  /** The newest first. */
  readonly commits: readonly NewsCommit[];
  readonly pullRequests: readonly number[];
  readonly tickets: readonly string[];
}

export interface NewsCommit {
  readonly sha: string;
  readonly subject: string;
  readonly author: string;
}

/** The most of each in a row, and the most letters of a text. */
export const rowLimits = { images: 10, news: 5, commits: 20, numbers: 50, text: 300 } as const;

/** A row as far as the run itself tells it, and whether a comment is made for it if there is none. */
export interface OwnRow {
  readonly row: Omit<Row, "news">;
  readonly makes: boolean;
}

/** Returns the row of a run; undefined while there is nothing to show. */
export function rowOf({ run, environment }: Subject, view: RunView): OwnRow | undefined {
  const told = tellState(view);
  if (told === undefined) return undefined;
  const { pullRequest, images } = view.facts;
  const row = {
    key: cutLine(environment?.name ?? view.route ?? view.pipeline, rowLimits.text),
    route: view.route === undefined ? null : cutLine(view.route, rowLimits.text),
    run,
    at: view.createdAt.getTime(),
    url: (environment?.url?.length ?? Infinity) <= rowLimits.text ? (environment?.url ?? null) : null,
    state: cutLine(told.state, rowLimits.text),
    images: images.slice(0, rowLimits.images).map(({ image }) => splitDigest(image)),
    pull: pullRequest === undefined ? null : { text: cutLine(formatProposed(pullRequest), rowLimits.text), url: pullRequest.url },
  };
  return { row, makes: told.makes };
}

const words: Readonly<Record<DeploymentState, string>> = {
  queued: "proposed",
  pending: "proposed",
  in_progress: "merged",
  success: "deployed",
  failure: "failed",
  error: "failed",
  inactive: "not deployed",
};

/** Of a run that has changed nothing in a Flux repository. */
const done = "done";

function tellState(view: RunView): { readonly state: string; readonly makes: boolean } | undefined {
  const { rollout, facts, state } = view;
  const isAlone = !mayBeShown(view);
  if (isAlone && state === "succeeded") return facts.images.length === 0 ? undefined : { state: done, makes: true };
  const wanted = wantedState(view);
  if (wanted === undefined || (isAlone && !wanted.makes)) return undefined;
  const isReverted = rollout?.state === "reverted";
  return { state: `${isReverted ? "rolled back" : words[wanted.state]}: ${wanted.description}`, makes: wanted.makes };
}

/** Tells whether a run that has changed nothing finds the row of the run that has brought its images: that says more. */
export function isTold(row: OwnRow["row"], { state, images }: Row): boolean {
  const isBrought = [words.in_progress, words.success].some((word) => state.startsWith(`${word}: `));
  return row.state === done && isBrought && textOf(images) === textOf(row.images);
}

function textOf(images: readonly RowImage[]): string {
  return images.map(({ image, digest }) => `${image}@${digest}`).join("\n");
}

function splitDigest(image: string): RowImage {
  const [, name = image, digest = null] = /^(.*)@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  return { image: cutLine(name, rowLimits.text), digest };
}

/** Tells whether two names are of one repository. */
export function isRepository(name: string, { host, path }: Repository): boolean {
  return name.toLowerCase() === `${host}/${path}`.toLowerCase();
}
