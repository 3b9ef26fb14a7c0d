/** The first numbers of a version, which docker/metadata-action gives to the newest of them: `1`, `v1`, `1.4`, `1.4-alpine`. */
const alias = /^v?\d{1,2}(\.\d{1,3})?(-[a-z]+)*$/i;
/** Git's own names, whole or short, as docker/metadata-action's `type=sha` has them. */
const commit = /^(sha-)?[0-9a-f]{7,64}$/;

/**
 * Tells whether a tag is by its name one that moves from image to image, so that nobody need be asked before it does. It is one
 * when it has no digit (`latest`, `main`, `stable`, `edge`, `production`), or is an alias: one or two numbers, the first of at most two
 * digits, with or without `v` before and words behind (`1`, `v1`, `1.4`, `24.04`, `1-alpine`).
 *
 * All others name one build, and stay with it: `1.4.3`, `v1.4.3-rc.1`, `2026.11`, `20261121`, `sha-1a2b3c4`, `build-1234`. The aliases
 * are those that docker/metadata-action makes of one release (https://github.com/docker/metadata-action#typesemver), so that
 * `1.4.3 1.4 1 latest` can be given in one call; whatever else has a digit is taken for a version, since a tag that was refused can be
 * moved by a second call, and one that was moved by mistake cannot be called back.
 */
export function isMovingTag(tag: string): boolean {
  return !commit.test(tag) && (!/\d/.test(tag) || alias.test(tag));
}
