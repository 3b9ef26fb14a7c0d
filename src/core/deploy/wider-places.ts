import { parseSelector } from "./manifest/selector.ts";

/** A place in which images are set: a folder, and an object in it or `null` for all. */
export type DeployPlace = readonly [folder: string, only: string | null];

/** Returns the places that a place is part of, the nearest first: of one object in `apps/web` all of `apps/web`, of `apps` and of the repository. */
export function widerPlaces(folder: string, only: string | undefined): readonly DeployPlace[] {
  const selectors = only === undefined ? [null] : [only, ...widerSelectors(only), null];
  return foldersAround(folder)
    .flatMap((each) => selectors.map((selector): DeployPlace => [each, selector]))
    .slice(1);
}

/** `Deployment/shop/web#spec` is part of the object, and of what has its name in any namespace. */
function widerSelectors(only: string): readonly string[] {
  const { kind, namespace, name } = parseSelector(only);
  const path = only.slice(only.indexOf("#") + 1 || only.length);
  const objects = namespace === undefined ? [`${kind}/${name}`] : [`${kind}/${namespace}/${name}`, `${kind}/${name}`];
  const fields = path === "" ? [] : objects.map((object) => `${object}#${path}`);
  return [...fields, ...objects].filter((each) => each !== only);
}

function foldersAround(folder: string): readonly string[] {
  const parts = folder === "" ? [] : folder.split("/");
  return parts.map((_, at) => parts.slice(0, parts.length - at).join("/")).concat("");
}
