// The folder of the engine's socket: who may open it is as good as root, since the engine runs any container as root.
import { execFile } from "node:child_process";
import { chmod, chown, mkdir } from "node:fs/promises";
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

async function groupId(group: string): Promise<number> {
  const found = await promisify(execFile)("getent", ["group", "--", group]).catch(() => undefined);
  const id = found?.stdout.split(":")[2];
  if (id !== undefined) return Number(id);
  throw new FairleadError("input", `start engine: FAIRLEAD_ENGINE_GROUP: there is no group "${group}"`, {
    hint: `run groupadd --system ${group}`,
  });
}
