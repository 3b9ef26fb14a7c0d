import type { Json } from "../json.ts";
import type { Repository } from "./repository.ts";

/** The states of a deployment. A new one has none, which providers show as pending. */
export type DeploymentState = "error" | "failure" | "inactive" | "in_progress" | "queued" | "pending" | "success";

/** A record that a commit was brought into an environment. Its statuses say what came of it. */
export interface Deployment {
  readonly id: number;
  /** A full SHA. */
  readonly commit: string;
  readonly environment: string;
  /** What its maker has kept in it: anybody who may write to the repository makes deployments. */
  readonly payload: Json;
  /** True if the token's own user or App has made it. */
  readonly isOwn: boolean;
}

/** Which deployments are looked for. */
export interface DeploymentQuery {
  readonly environment: string;
  /** Such as `deploy`. */
  readonly task: string;
  /** Only those of this commit. */
  readonly commit?: string;
}

/** A deployment to make, of a commit as it is: nothing is merged into it, and no check is waited for. */
export interface NewDeployment {
  readonly commit: string;
  readonly environment: string;
  readonly task: string;
  readonly description: string;
  readonly payload: Json;
  /** True for an environment that people use. */
  readonly production: boolean;
}

/** A status of a deployment. */
export interface DeploymentStatus {
  readonly state: DeploymentState;
  /** At most 140 characters. */
  readonly description: string;
  /** Where what was deployed is reached, and where its log is. */
  readonly environmentUrl: string | undefined;
  readonly logUrl: string | undefined;
}

/** A status to set. */
export interface NewDeploymentStatus extends DeploymentStatus {
  /** True: a success makes all older successes of the environment inactive, whoever made them, where it is no production. */
  readonly endsOlder: boolean;
}

/** A status that was set, and when. */
export interface SetDeploymentStatus extends DeploymentStatus {
  readonly at: Date;
  /** True if the token's own user or App has set it. */
  readonly isOwn: boolean;
}

/** All that is done with deployments. Its methods throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Deployments {
  /** Returns those that fit, the newest first, at most 1,000. */
  find(repository: Repository, query: DeploymentQuery): Promise<readonly Deployment[]>;
  create(repository: Repository, deployment: NewDeployment): Promise<Deployment>;
  /** Returns the statuses of a deployment, the newest first, at most 100. */
  statuses(repository: Repository, id: number): Promise<readonly SetDeploymentStatus[]>;
  setStatus(repository: Repository, id: number, status: NewDeploymentStatus): Promise<void>;
}

/** Where an artifact is kept, or where it runs, for an organization's list of artifacts. */
export interface ArtifactPlace {
  /** The name of the image, without its tag. */
  readonly name: string;
  readonly digest: string;
  /** Its tag. */
  readonly version: string | undefined;
  /** `https://HOST`. */
  readonly registry: string;
}

/** The list of artifacts of an organization. */
export interface Artifacts {
  /** Says where an artifact that the repository made is kept. Said twice, it is there once. */
  store(repository: Repository, artifact: ArtifactPlace): Promise<void>;
  /** Says that an artifact that the repository made runs in an environment, or does no longer. Said twice, it is there once. */
  deploy(repository: Repository, artifact: ArtifactPlace, environment: string, state: "deployed" | "decommissioned"): Promise<void>;
}
