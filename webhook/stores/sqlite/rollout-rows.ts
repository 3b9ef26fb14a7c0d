import type { Rollout } from "../../../src/core/reporter.ts";
import type { FollowedRollout } from "../../store-reports.ts";
import type { Opened } from "./context.ts";
import type { Row } from "./database.ts";
import { readJson } from "./rows.ts";

/** Returns the change that a row of `rollout` is. */
export function readFollowed(row: Row): FollowedRollout {
  return {
    repository: String(row.repository),
    number: row.number === null ? undefined : Number(row.number),
    state: row.state as Rollout["state"],
    commit: row.commit_sha === null ? undefined : String(row.commit_sha),
    message: row.message === null ? undefined : String(row.message),
    ready: row.state === "ready",
    object: row.object === null ? undefined : String(row.object),
    objects: readJson<FollowedRollout["objects"]>(row.objects)!,
    later: readJson<FollowedRollout["later"]>(row.later)!,
    images: readJson<FollowedRollout["images"]>(row.images)!,
  };
}

/** Returns what has become of the change of a run; undefined where it has made none. */
export function rolloutOf({ db }: Opened, run: number): Rollout | undefined {
  return readRollout(db.get("SELECT * FROM rollout WHERE run = :run", { run }));
}

/** Returns the same by the id of the run. */
export function rolloutOfRun({ db }: Opened, id: string): Rollout | undefined {
  return readRollout(db.get("SELECT rollout.* FROM rollout JOIN run ON run.seq = rollout.run WHERE run.id = :id", { id }));
}

function readRollout(row: Row | undefined): Rollout | undefined {
  if (row === undefined) return undefined;
  const { state, commit, message } = readFollowed(row);
  return { state, commit, message, at: new Date(Number(row.at)) };
}
