import type { Deployment, Deployments, SetDeploymentStatus } from "../../core/git/deployments.ts";
import type { Repository } from "../../core/git/repository.ts";
import type { Environment, RunView, Subject } from "../../core/reporter.ts";
import { ascii, basic } from "../../core/text/basic.ts";
import { cut } from "../../core/text/cut.ts";
import { orPlain } from "../plain.ts";
import { ownDeployments, payloadOf, type OwnDeployment } from "./payload.ts";
import type { Wanted } from "./state.ts";

const task = "deploy";

/** An environment of a repository, and the commit that a run brings there. */
export interface Place {
  readonly deployments: Deployments;
  readonly repository: Repository;
  readonly commit: string;
  readonly environment: Environment;
  readonly production: boolean;
  /** The page of the run. */
  readonly log: string | undefined;
}

/** Returns the place that a run is about. */
export function placeOf(deployments: Deployments, { repository, commit, url }: Subject, environment: Environment): Place {
  return { deployments, repository, commit, environment, production: isProduction(environment.name), log: url };
}

/** GitHub takes `production` alone for one by itself. */
function isProduction(name: string): boolean {
  return /^prod(uction)?$/i.test(name);
}

/** Returns our deployments to the environment, the newest first; by default those of the commit. */
export async function listOwn(
  { deployments, repository, commit, environment }: Place,
  of: "commit" | "all",
): Promise<readonly OwnDeployment[]> {
  const query = { environment: environment.name, task, ...(of === "commit" && { commit }) };
  return ownDeployments(await deployments.find(repository, query));
}

/** Makes a deployment for a run, and returns it. */
export async function makeDeployment(place: Place, run: string, view: RunView, { description }: Wanted): Promise<OwnDeployment> {
  const { deployments, repository, commit, environment, production } = place;
  const payload = payloadOf(run, view);
  const about = { commit, environment: environment.name, task, payload: { ...payload }, production };
  const make = (text: string) => (): Promise<Deployment> => deployments.create(repository, { ...about, description: text });
  const text = basic(description);
  const made = await orPlain(make(text), make(ascii(text)));
  return { id: made.id, payload };
}

/** Sets the status of a deployment, unless we have set it last already. `last` is undefined where there is none yet. */
export async function bringTo(
  { deployments, repository, environment, log }: Place,
  { id, isAsked }: Pick<OwnDeployment, "id" | "isAsked">,
  { state, description }: Pick<Wanted, "state" | "description">,
  last: Pick<SetDeploymentStatus, "state" | "description" | "isOwn"> | undefined,
): Promise<void> {
  const text = cut(basic(description), longest);
  const plain = ascii(text);
  if (last?.isOwn === true && last.state === state && [text, plain].includes(last.description)) return;
  const urls = { environmentUrl: environment.url, logUrl: log };
  const endsOlder = isAsked === true; // older ones that others have asked for are not known to be of fairlead, and would stay active
  await orPlain(
    () => deployments.setStatus(repository, id, { state, description: text, ...urls, endsOlder }),
    () => deployments.setStatus(repository, id, { state, description: plain, environmentUrl: undefined, logUrl: undefined, endsOlder }),
  );
}

/** GitHub takes no longer description. */
const longest = 140;
