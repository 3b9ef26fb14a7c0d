/** Tells whether what is for a place, a host or a repository, is for this resource: it is the place, or below it. */
export function opens(place: string, resource: string): boolean {
  return resource === place || resource.startsWith(`${place}/`);
}
