import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { account, ministackIsThere, region, startMinistack, type Ministack } from "../doubles/ministack.ts";

const role = `arn:aws:iam::${account}:role/release`;

describe.skipIf(!ministackIsThere)("ECR on ministack", () => {
  let ministack: Ministack;
  beforeAll(async () => {
    ministack = await startMinistack();
  });
  afterAll(() => ministack?.stop());

  const run = async (...args: readonly string[]): Promise<{ code: number | null; result: Record<string, unknown>; stderr: string }> => {
    const { code, stdout, stderr } = await fairlead([...args, "--json"], ministack.env);
    return { code, result: JSON.parse(stdout) as Record<string, unknown>, stderr };
  };
  const text = (value: unknown): string => JSON.stringify(value);

  /** Puts an image of one empty layer by the registry's own protocol, and returns its digest. */
  async function putImage(repository: string, tag: string, note: string): Promise<string> {
    const url = `${ministack.url}/v2/${repository}`;
    const digestOf = (bytes: string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const config = text({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } });
    const begun = await fetch(`${url}/blobs/uploads/?digest=${digestOf(config)}`, { method: "POST", body: config });
    expect(begun.status).toBe(201);
    const type = "application/vnd.oci.image.manifest.v1+json";
    const blob = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length };
    const manifest = text({ schemaVersion: 2, mediaType: type, config: blob, layers: [], annotations: { note } });
    const put = await fetch(`${url}/manifests/${tag}`, { method: "PUT", headers: { "content-type": type }, body: manifest });
    expect(put.status).toBe(201);
    return digestOf(manifest);
  }

  test("a repository is created on ministack, reported if it differs, and changed on request", async () => {
    const lifecyclePolicy = {
      rules: [
        { rulePriority: 1, selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 9 }, action: { type: "expire" } },
      ],
    };
    const image = `${ministack.host}/acme/made`;
    const made = await run(
      "create-repository",
      image,
      "--scan-on-push",
      "--lifecycle-policy",
      text(lifecyclePolicy),
      "--repository-tag",
      "team=a",
    );
    const expected = {
      repository: image,
      arn: `arn:aws:ecr:${region}:${account}:repository/acme/made`,
      tagMutability: "MUTABLE",
      tagMutabilityExclusions: [],
      scanOnPush: true,
      encryption: "AES256",
      kmsKey: null,
      lifecyclePolicy,
      repositoryPolicy: null,
      tags: { team: "a" },
    };
    expect(made.result).toEqual(expected);
    const told = await run("create-repository", image, "--tag-mutability", "IMMUTABLE");
    expect([told.result, told.stderr.includes("tag mutability is MUTABLE, not IMMUTABLE")]).toEqual([expected, true]);
    expect((await run("create-repository", image, "--tag-mutability", "IMMUTABLE", "--update")).result).toEqual({
      ...expected,
      tagMutability: "IMMUTABLE",
    });
  });

  test("a role of the account is assumed on ministack", async () => {
    const image = `${ministack.host}/acme/assumed`;
    const made = await run("create-repository", image, "--aws-role", role, "--aws-account", account);
    expect([made.code, made.result.repository]).toEqual([0, image]);
  });

  test("an immutable tag on ministack is set twice to one image, and not to another", async () => {
    const image = `${ministack.host}/acme/app`;
    await run("create-repository", image, "--tag-mutability", "IMMUTABLE");
    await putImage("acme/app", "tested", "first");
    expect(
      [await run("retag", `${image}:tested`, "1.0.0"), await run("retag", `${image}:tested`, "1.0.0")].map(({ code }) => code),
    ).toEqual([0, 0]);
    await putImage("acme/app", "other", "second");
    const { code, result } = await run("retag", `${image}:other`, "1.0.0", "--on-conflict", "move");
    expect([code, result.error]).toMatchObject([5, { code: "conflict" }]);
  });

  test("a copy creates its destination repository on ministack on request", async () => {
    const to = `${ministack.host}/acme/released`;
    await run("create-repository", `${ministack.host}/acme/source`);
    const digest = await putImage("acme/source", "tested", "first");
    const source = `${ministack.host}/acme/source:tested`;
    expect((await run("retag", source, "1.0.0", "--to", to)).code).not.toBe(0);
    const copied = await run("retag", source, "1.0.0", "--to", to, "--create-repository");
    expect([copied.code, text(copied.result).includes(digest)]).toEqual([0, true]);
  });
});
