import { dag, type Container } from "@dagger.io/dagger";
import { compile, entry, readSource, withSdk, type Request, type Source } from "./request.ts";
import { readManifest, tsconfigOf, type Manifest } from "./manifest.ts";

/** Files that say what npm installs: as long as they stay, so does the layer with node_modules. */
const npmFiles = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc"];

/** What is not the module's own source: it is written anew, or belongs to another machine. */
const notSource = ["node_modules", "sdk", "package.json", "tsconfig.json", ...npmFiles];

/** Returns the container whose entrypoint answers the calls of a module's functions. What changes most often is put in last. */
export async function createRuntime(request: Request): Promise<Container> {
  const source = await readSource(request);
  const manifest = await readManifest(source);
  const tsconfig = `${source.workdir}/tsconfig.json`;
  return withPackages(withSdk(request, source), source, manifest)
    .withNewFile(tsconfig, await tsconfigOf(source))
    .withDirectory(source.workdir, source.folder, { exclude: notSource })
    .withExec(["node", "--no-deprecation", compile, source.workdir, tsconfig])
    .withEntrypoint(["node", "--no-deprecation", entry, source.workdir, tsconfig]);
}

/** Puts in the module's package.json, and its packages where there are any that the image lacks. */
function withPackages(base: Container, source: Source, manifest: Manifest): Container {
  const written = base.withWorkdir(source.workdir).withNewFile("package.json", JSON.stringify(manifest.content));
  if (!manifest.installs) return written;
  // A file is known by its content, a filtered folder by all that it was filtered from: npm would install again after each edit.
  const files = npmFiles.filter((file) => source.entries.includes(file));
  return files
    .reduce((before, file) => before.withFile(file, source.folder.file(file)), written)
    .withMountedCache("/root/.npm", dag.cacheVolume("fairlead-npm"))
    .withExec(["npm", "install", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"])
    .withoutMount("/root/.npm")
    .withoutDirectory("node_modules/@dagger.io/dagger"); // the SDK that other packages ask for is the image's
}
