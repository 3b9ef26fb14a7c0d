/** The ids of deliveries and runs, and the errors for those that are unknown or no longer one's own. */
import { FairleadError } from "../../../src/core/errors.ts";

/**
 * Returns the id of a delivery or a run that is made at this time: a UUID of version 7 (RFC 9562), made of one of version 4. It is unlike that of any
 * other store, since names outside are made of it; and ids made one after the other stand side by side in an index.
 */
export function idAt(wall: number, uuid: string): string {
  const time = wall.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}

/** Returns the error for an id that no run has. */
export function runNotFound(doing: string, id: string): FairleadError {
  return new FairleadError("not_found", `${doing}: there is no run ${id}`, { hint: "list those that there are: fairlead runs list" });
}

/** Returns the error for what a worker says of a run that is no longer its own. */
export function runTaken(doing: string, id: string): FairleadError {
  return new FairleadError("conflict", `${doing}: run ${id} was taken from this worker`, { hint: "stop it: another goes on with the run" });
}

/** Returns the error for what a worker says of a report that is no longer its own. */
export function reportTaken(id: string, reporter: string): FairleadError {
  return new FairleadError("conflict", `end report: that of run ${id} by ${reporter} was taken from this worker`);
}

/** Returns the error for what a worker says of a change that another looks at, or of which something else is known by now. */
export function lookTaken(id: string): FairleadError {
  return new FairleadError("conflict", `end look: what run ${id} has changed is looked at by another`);
}
