// Which application a run deploys. Several of one repository may go to one environment: one takes the place of none of the others.

/** The repositories of the images that are deployed, and the route of the run, as far as they are known. */
export interface Application {
  readonly repositories: readonly string[];
  readonly route: string | null;
}

/** Returns the application of these images, with or without a tag and a digest. */
export function applicationOf(images: readonly string[], route: string | null): Application {
  return { repositories: images.map(repositoryOf), route };
}

function repositoryOf(image: string): string {
  return (image.split("@", 1)[0] ?? "").replace(/:[^:/]*$/, "");
}

/**
 * Tells whether two are of one application: they have an image repository in common. One route may deploy several, each by an event of its own, so a route
 * tells them apart only where one of them has no image yet. What is known of neither may be any.
 */
export function isSameApplication(a: Application, b: Application): boolean {
  if (a.repositories.length > 0 && b.repositories.length > 0) return a.repositories.some((each) => b.repositories.includes(each));
  return a.route === null || b.route === null || a.route === b.route;
}

/** Tells whether an application has all images of another. */
export function hasAllOf(a: Application, b: Application): boolean {
  return b.repositories.every((each) => a.repositories.includes(each));
}
