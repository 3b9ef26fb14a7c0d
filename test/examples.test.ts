import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { fairlead } from "./cli.ts";

const examples = fileURLToPath(new URL("../examples", import.meta.url));

/** The part of a manifest that says what it is. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Throws if a manifest does not match Kubernetes' or Flux's own description of its kind. */
async function validate(manifest: Manifest): Promise<void> {
  const { apiVersion, kind } = manifest;
  if (apiVersion.startsWith("kustomize.config.k8s.io/")) return; // kustomize's own file: no server takes it
  const home = apiVersion.includes("toolkit.fluxcd.io") ? "@kubernetes-models/flux-cd" : "kubernetes-models";
  const models = (await import(`${home}/${apiVersion}`)) as Record<string, new (value: unknown) => { validate(): void }>;
  const Model = models[kind];
  if (Model === undefined) throw new Error(`${apiVersion} has no ${kind}`);
  new Model(manifest).validate();
}

async function manifestsOf(folder: string): Promise<readonly Manifest[]> {
  const files = globSync("**/*.yaml", { cwd: folder }).filter((path) => !path.startsWith("listener/") && !path.endsWith("fairlead.yaml"));
  const texts = await Promise.all(files.map((path) => readFile(join(folder, path), "utf8")));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
}

test("every manifest of the examples is valid for a cluster, before and after an edit", async () => {
  const before = await manifestsOf(examples);
  expect(before.length).toBeGreaterThan(8);
  for (const manifest of before) await validate(manifest);
  const copy = await mkdtemp(join(tmpdir(), "fairlead-example-"));
  try {
    await cp(join(examples, "deploy", "fleet"), copy, { recursive: true });
    const { code, stderr } = await fairlead(["set-image", "ghcr.io/acme/app:1.4.3", copy, "--expect", "3"]);
    expect(code, stderr).toBe(0);
    const after = await manifestsOf(copy);
    for (const manifest of after) await validate(manifest);
    expect(JSON.stringify(after).match(/1\.4\.3/g)).toHaveLength(3);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test("a manifest that no cluster accepts is reported", async () => {
  await expect(validate({ apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: "two" } } as Manifest)).rejects.toThrow("replicas");
});

test("the transcript of the examples is the real output", async () => {
  const readme = await readFile(join(examples, "deploy", "README.md"), "utf8");
  const [, command = "", transcript] = /```console\n\$ fairlead (.*)\n([^]*?)```/.exec(readme) ?? [];
  const args = command.split(" ").map((word) => word.replace(/^examples\//, `${examples}/`));
  expect((await fairlead(args)).stdout).toBe(transcript);
});
