/** A commit of the samples. */
export const commit = "0123456789abcdef0123456789abcdef01234567";

/** A digest of the samples. */
export const digest = `sha256:${"0".repeat(64)}` as const;

/** The origin of each sample. */
export const origin = { source: "example", delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958" };

/** The repository of the samples. */
export const app = "github.com/acme/app";
