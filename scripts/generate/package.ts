// The package.json of the Dagger module, and its lock file: what a module needs of our own packages, in the same versions.
import { generatedBy } from "./comment.ts";

/** Packages that no code in a module loads: it has no AWS credentials, no Git and no listener, and Dagger's SDK is in its container. */
export const notInModule: readonly string[] = ["@aws-sdk/client-ecr", "@aws-sdk/client-ecr-public", "@aws-sdk/client-sts", "pino"];

type Ranges = Readonly<Record<string, string>>;

/** A package of a lock file. https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json#packages */
interface Locked {
  readonly version?: string;
  readonly dependencies?: Ranges;
  readonly optionalDependencies?: Ranges;
  readonly peerDependencies?: Ranges;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A lock file. */
export interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

/** Returns the packages that the module needs, with the ranges that we have. */
export function moduleDependencies(dependencies: Ranges): Ranges {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !notInModule.includes(name)));
}

/** Returns the module's package.json. `#sdk/` is what it is in ours; what `#module/` names, Dagger's scanner does not read. */
export function packageSource(dependencies: Ranges): string {
  return JSON.stringify({
    name: "fairlead-module",
    description: generatedBy,
    private: true,
    type: "module",
    imports: { "#sdk/*": "*", "#module/*": "./module/*" },
    dependencies: moduleDependencies(dependencies),
  });
}

/** Returns the module's package-lock.json: the part of ours that it needs. */
export function lockSource(dependencies: Ranges, { packages }: Lock): string {
  const root = { name: "fairlead-module", dependencies: moduleDependencies(dependencies) };
  const paths = new Set(neededBy("", root, packages));
  for (const path of paths) for (const needed of neededBy(path, packages[path] ?? {}, packages)) paths.add(needed);
  const locked = [...paths].sort().map((path) => [path, packages[path]]);
  const all = Object.fromEntries([["", root], ...locked]) as object;
  return JSON.stringify({ name: root.name, lockfileVersion: 3, requires: true, packages: all });
}

/** Returns the paths of the packages that one needs. */
function neededBy(path: string, of: Locked, packages: Lock["packages"]): readonly string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = of;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  const names = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
  return names.flatMap((name) => placesAbove(path, name).find((place) => place in packages) ?? []);
}

/** Returns where Node looks for a package, from the folder of another up to the root. */
function placesAbove(path: string, name: string): readonly string[] {
  const folders =
    path === ""
      ? [""]
      : [...path.split("/node_modules/").map((_, index, all) => all.slice(0, all.length - index).join("/node_modules/")), ""];
  return folders.map((folder) => `${folder === "" ? "" : `${folder}/`}node_modules/${name}`);
}
