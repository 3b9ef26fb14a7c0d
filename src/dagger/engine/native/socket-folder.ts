// The folder of the engine's socket: who may open it is as good as root, since the engine runs any container as root.
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { FairleadError } from "../../../core/errors.ts";
import { variable } from "../environment.ts";
import { socket } from "./places.ts";

/**
 * Makes the folder of the socket. Only root can open it, or the group that `FAIRLEAD_ENGINE_GROUP` names as well.
 * Nobody but root can put another socket there. Returns the group.
 * @throws FairleadError `input` for a group that does not exist
 */
export async function makeSocketFolder(): Promise<string | undefined> {
  const group = variable("FAIRLEAD_ENGINE_GROUP");
  const gid = group === undefined ? 0 : await groupId(group);
  const folder = dirname(socket);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chown(folder, 0, gid);
  await chmod(folder, group === undefined ? 0o700 : 0o750);
  return group;
}

/** Returns why no socket in a folder is used: another user could have put it there, and would be given what we build, with our secrets. */
export async function refuseSocketFolder(folder: string): Promise<FairleadError | undefined> {
  const found = await stat(folder).catch(() => undefined); // there is none yet
  if (found === undefined || (found.uid === 0 && (found.mode & 0o022) === 0)) return undefined;
  return new FairleadError("forbidden", `use engine: not only root may put a socket into ${folder}`, {
    hint: `remove ${folder} once nothing builds, and run fairlead engine start as root`,
  });
}

async function groupId(group: string): Promise<number> {
  const found = await promisify(execFile)("getent", ["group", "--", group]).catch(() => undefined);
  const id = found?.stdout.split(":")[2];
  if (id !== undefined) return Number(id);
  throw new FairleadError("input", `start engine: FAIRLEAD_ENGINE_GROUP: there is no group "${group}"`, {
    hint: `run groupadd --system ${group}`,
  });
}
