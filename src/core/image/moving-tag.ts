/**
 * The first numbers of a version, which docker/metadata-action gives to its newest release: `1`, `v1`, `1.4`,
 * `1.4-alpine`.
 */
const alias = /^v?\d{1,2}(\.\d{1,3})?(-[a-z]+)*$/i;
/** A commit's name, whole or short, in the form of docker/metadata-action's `type=sha`. */
const commit = /^(sha-)?[0-9a-f]{7,64}$/;

/**
 * Tells whether a tag is meant to move from image to image, so that moving it needs no confirmation.
 *
 * A tag without a digit moves: `latest`, `main`, `stable`, `edge`, `production`. So does an alias: one or two numbers,
 * the first of at most two digits, with an optional `v` before and words behind (`1`, `v1`, `1.4`, `24.04`,
 * `1-alpine`).
 * All others name one build and stay with it: `1.4.3`, `v1.4.3-rc.1`, `2026.11`, `20261121`, `sha-1a2b3c4`,
 * `build-1234`.
 *
 * The aliases are those that docker/metadata-action makes of one release, so that `1.4.3 1.4 1 latest` can be given in
 * one call: https://github.com/docker/metadata-action#typesemver.
 * Anything else with a digit counts as a version. A refused tag can be moved by a second call; a wrong move cannot be
 * undone.
 */
export function isMovingTag(tag: string): boolean {
  return !commit.test(tag) && (!/\d/.test(tag) || alias.test(tag));
}
