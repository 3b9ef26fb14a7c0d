import type { Receiver } from "../receiver/receiver.ts";
import { acr } from "./acr.ts";
import { azureDevops } from "./azure-devops.ts";
import { bitbucketCloud } from "./bitbucket-cloud.ts";
import { bitbucketServer } from "./bitbucket-server.ts";
import { cdevents } from "./cdevents.ts";
import { dockerHub } from "./docker-hub.ts";
import { ecr } from "./ecr.ts";
import { flux } from "./flux.ts";
import { gcr } from "./gcr.ts";
import { genericHmac } from "./generic-hmac.ts";
import { ghcr } from "./ghcr.ts";
import { gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { harbor } from "./harbor.ts";
import { nexus } from "./nexus.ts";
import { quay } from "./quay.ts";
import { spinnaker } from "./spinnaker.ts";

/** All kinds of sources, by name. */
export const receivers: readonly Receiver[] = [
  acr,
  azureDevops,
  bitbucketCloud,
  bitbucketServer,
  cdevents,
  dockerHub,
  ecr,
  flux,
  gcr,
  genericHmac,
  ghcr,
  gitea,
  github,
  gitlab,
  harbor,
  nexus,
  quay,
  spinnaker,
];
