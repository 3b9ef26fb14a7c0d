import { secretReferences } from "../../src/config/secret-references.ts";
import { openFiles, type OpenFile } from "../../src/secrets.ts";
import type { ListenerConfig } from "../config.ts";
import { secretsOf } from "./with.ts";

/** Returns the files of secrets that everybody may read, or that others may write, each once. */
export async function openSecretFiles(config: ListenerConfig): Promise<readonly OpenFile[]> {
  const ofSources = config.sources.flatMap(({ secrets, path }) => [...secrets, ...path]);
  const ofRoutes: string[] = [];
  for (const { pipeline, with: values } of config.routes) secretsOf(pipeline, values, (reference) => ofRoutes.push(reference));
  return await openFiles([...ofSources, ...secretReferences(config), ...ofRoutes]);
}
