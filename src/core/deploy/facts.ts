import { formatRepository, type Repository } from "../git/repository.ts";
import { formatImage, parseImage } from "../image/image.ts";
import type { DeployedFact, RunFacts } from "../run/facts.ts";
import { replacedImage } from "./image-source.ts";
import type { DeployedImage, DeployedReference } from "./output.ts";

/** What of the result of a deployment says what it has made. */
interface Deployed {
  readonly images: readonly DeployedImage[];
  readonly commit: string | null;
  readonly pullRequest: { readonly number: number | null; readonly url: string | null } | null;
  readonly waited: { readonly commit: string | null; readonly ready: boolean } | null;
}

/** Returns the facts of a deployment. */
export function deployFacts(
  { images, commit, pullRequest, waited }: Deployed,
  { fluxRepository, direct }: { readonly fluxRepository: Repository; readonly direct: boolean },
): RunFacts {
  const repository = formatRepository(fluxRepository);
  const { number = null, url = null } = pullRequest ?? {};
  const landed = waited?.commit ?? (direct ? commit : null);
  return {
    images: images.map(imageFact),
    pullRequest: number === null || url === null ? undefined : { repository, number, url },
    merged: landed === null ? undefined : { repository, commit: landed, ready: waited?.ready ?? false },
  };
}

function imageFact({ image: name, digest, source, changes }: DeployedImage): DeployedFact {
  const image = parseImage(name);
  const from = replacedImage(
    image,
    changes.map((each: DeployedReference) => ({ ...each, subjects: [] })),
  );
  return {
    image: image.digest === undefined && digest !== null ? `${name}@${digest}` : name,
    from: from && formatImage(from),
    source: source === null ? undefined : { repository: source.repository, commit: source.commit, since: source.since ?? undefined },
  };
}
