import { dag, type Directory, type GeneratedCode } from "@dagger.io/dagger";
import { join } from "node:path";
import { readSource, sdkFolder, withSdk, type Request, type Source } from "./request.ts";

/** Returns what `dagger develop` writes: the SDK for editors and tests, and in a new module what it begins with. */
export async function generateCode(request: Request): Promise<GeneratedCode> {
  const source = await readSource(request);
  const sdk = dag
    .directory()
    .withDirectory("dagger", withSdk(request, source).directory(sdkFolder))
    .withNewFile("index.ts", 'export * from "./dagger/index.js";\n')
    .withNewFile("telemetry.ts", 'export * from "./dagger/telemetry/index.js";\n');
  const code = withBeginning(dag.directory(), source).withDirectory("sdk", sdk);
  return dag
    .generatedCode(request.source.contextDirectory().withDirectory(source.subpath, code))
    .withVCSGeneratedPaths(["sdk/**"])
    .withVCSIgnoredPaths(["sdk", "**/node_modules/**", ".env"]);
}

/** Adds the files that a module needs and this one lacks. What is there is its author's, and stays. */
function withBeginning(folder: Directory, { name, entries }: Source): Directory {
  const wanted = {
    "package.json": json({ type: "module", dependencies: { typescript: "5.9.3" } }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "ES2022",
        moduleResolution: "Node",
        experimentalDecorators: true,
        strict: true,
        skipLibCheck: true,
        paths: { "@dagger.io/dagger": ["./sdk/index.ts"], "@dagger.io/dagger/telemetry": ["./sdk/telemetry.ts"] },
      },
    }),
  };
  const missing = Object.entries(wanted).filter(([file]) => !entries.includes(file));
  const begun = missing.reduce((before, [file, text]) => before.withNewFile(file, text), folder);
  return entries.includes("src/") || entries.includes("src") ? begun : begun.withNewFile(join("src", "index.ts"), firstModule(name));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function firstModule(name: string): string {
  const className = name.replace(/(?:^|[-_ ]+)(.)/g, (_, letter: string) => letter.toUpperCase());
  return `import { func, object } from "@dagger.io/dagger";

@object()
export class ${className} {
  /** Returns a greeting. */
  @func()
  hello(name = "world"): string {
    return \`Hello, \${name}!\`;
  }
}
`;
}
