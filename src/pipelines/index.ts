import { build } from "./build.ts";
import { createRepository } from "./create-repository.ts";
import { deploy } from "./deploy.ts";
import { dispatchRepository } from "./dispatch-repository.ts";
import { dispatchWorkflow } from "./dispatch-workflow.ts";
import { notify } from "./notify.ts";
import { retag } from "./retag.ts";
import { ship } from "./ship.ts";

/** All pipelines, by name. Each is a command, a Dagger function and an export of the library. */
export const pipelines = [build, createRepository, deploy, dispatchRepository, dispatchWorkflow, notify, retag, ship] as const;
