import { asFairleadError, type ErrorCode } from "../../core/errors.ts";
import type { Artifacts } from "../../core/git/deployments.ts";
import type { Repository } from "../../core/git/repository.ts";
import { formatImageRepository, parseImage } from "../../core/image/image.ts";
import type { ReportContext, RunView } from "../../core/reporter.ts";

/** The organization has no such list, its owner is a person, or the token may not write there: none of this is the run's fault. */
const quiet: readonly ErrorCode[] = ["forbidden", "not_found", "unsupported"];

/**
 * Says in the organization's list of artifacts where each image is kept, and that it runs in an environment. Said twice, it is there once. It keeps no
 * deployment from being reported: what goes wrong is at most a warning.
 */
export async function recordArtifacts(
  { report, signal }: ReportContext,
  artifacts: Artifacts | undefined,
  repository: Repository,
  environment: string,
  { facts }: RunView,
): Promise<void> {
  if (artifacts === undefined) return;
  try {
    for (const { image } of facts.images) await recordOne(artifacts, repository, environment, image);
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = asFairleadError(error);
    if (!quiet.includes(code)) report({ type: "warning", message });
  }
}

async function recordOne(artifacts: Artifacts, repository: Repository, environment: string, text: string): Promise<void> {
  const image = parseImage(text);
  const { registry, digest, tag: version } = image;
  if (digest === undefined) return;
  const artifact = { name: formatImageRepository(image), digest, version, registry: `https://${registry}` };
  await artifacts.store(repository, artifact);
  await artifacts.deploy(repository, artifact, environment, "deployed");
}
