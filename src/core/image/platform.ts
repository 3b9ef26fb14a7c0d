/** Operating systems for which OCI images are made: Go's names, of those that a build engine takes. */
const systems = ["darwin", "freebsd", "linux", "windows"];
/** Architectures by Go's names, each with its variants: https://github.com/opencontainers/image-spec/blob/main/image-index.md#platform-variants */
const variants: Readonly<Record<string, readonly string[]>> = {
  "386": [],
  amd64: ["v1", "v2", "v3", "v4"],
  arm: ["v5", "v6", "v7", "v8"],
  arm64: ["v8", "v9"],
  loong64: [],
  mips: [],
  mips64: [],
  mips64le: [],
  mipsle: [],
  ppc64: [],
  ppc64le: ["power8", "power9", "power10"],
  riscv64: ["rva20u64", "rva22u64", "rva23u64"],
  s390x: [],
};
/** Other names of architectures, and variants that mean none: https://github.com/containerd/platforms/blob/main/database.go */
const aliases: Readonly<Record<string, string>> = {
  aarch64: "arm64",
  armel: "arm/v6",
  armhf: "arm/v7",
  i386: "386",
  "x86-64": "amd64",
  x86_64: "amd64",
  "amd64/v1": "amd64",
  "arm64/v8": "arm64",
};

/** Returns a platform in its one spelling, such as `linux/arm64` for `linux/aarch64`; undefined if there is no such platform. */
export function normalPlatform(text: string): string | undefined {
  const [os = "", ...rest] = text.toLowerCase().split("/");
  const [alias = "", ...more] = rest;
  const name = [aliases[alias] ?? alias, ...more].join("/");
  const [architecture = "", variant, ...others] = (aliases[name] ?? name).split("/");
  const known = Object.hasOwn(variants, architecture) ? variants[architecture] : undefined;
  if (!systems.includes(os) || known === undefined || others.length > 0) return undefined;
  if (variant !== undefined && !known.includes(variant)) return undefined;
  return [os, architecture, variant].filter((part) => part !== undefined).join("/");
}

/** All platforms without a variant, for a suggestion. */
export const platformNames: readonly string[] = systems.flatMap((os) => Object.keys(variants).map((name) => `${os}/${name}`));
