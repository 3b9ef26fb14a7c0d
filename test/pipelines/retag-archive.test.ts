/** Images that ECR has archived: they are listed, and answer 404 to a pull. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead, startFairlead } from "../cli.ts";
import { startAws, type Aws } from "../doubles/aws.ts";
import { ociManifest } from "../registries/content.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
  await fairlead(["create-repository", `${aws.host}/acme/app`], aws.env);
});
afterAll(() => aws.stop());

/** Puts an image into the repository, in this state, and returns its digest. */
function put(tag: string, state?: "ARCHIVED" | "ACTIVATING"): string {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, annotations: { tag } }));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  aws.ecr.stored.manifests.set(`acme/app/${digest}`, { type: ociManifest, bytes });
  aws.ecr.stored.tags.set(`acme/app:${tag}`, digest);
  if (state !== undefined) aws.ecr.archived.set(`acme/app/${digest}`, state);
  return digest;
}

const args = (tag: string, ...more: readonly string[]) => ["retag", `${aws.host}/acme/app:${tag}`, `${tag}-again`, ...more];

test("an archived image is an error that says so, one that comes back is worth a retry, and a missing one is missing", async () => {
  put("old", "ARCHIVED");
  put("coming", "ACTIVATING");
  const fail = async (tag: string): Promise<string> => {
    const { code, stderr } = await fairlead(args(tag), aws.env);
    return `${code} ${stderr.replaceAll(aws.host, "HOST").trimEnd()}`;
  };
  expect([await fail("old"), await fail("coming"), await fail("never")]).toMatchInlineSnapshot(`
    [
      "4 fairlead: read HOST/acme/app:old: it is in the registry's archive, and cannot be pulled
    hint: bring it back with --restore",
      "75 fairlead: read HOST/acme/app:coming: the registry is bringing it back from its archive
    hint: wait for it with --restore, or run it again in some minutes",
      "4 fairlead: read HOST/acme/app:never: there is no such tag or digest",
    ]
  `);
});

test("retag --restore plans to bring an archived image back, and a dry run changes nothing", async () => {
  const digest = put("planned", "ARCHIVED");
  const { code, stdout } = await fairlead(args("planned", "--restore", "--dry-run"), aws.env);
  expect({
    code,
    stdout: stdout.replaceAll(aws.host, "HOST").replaceAll(digest, "DIGEST").replaceAll(digest.slice(0, 19), "DIGEST"),
  }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stdout": "restore-image HOST/acme/app:planned
      ~ update HOST/acme/app:planned: archived → active
    await-image HOST/acme/app:planned: unchanged
    retag HOST/acme/app:planned-again from HOST/acme/app:planned@DIGEST
      + create HOST/acme/app:planned-again: DIGEST
    plan: 1 to create, 1 to update; nothing was changed
    ",
    }
  `);
  expect(aws.ecr.archived.get(`acme/app/${digest}`)).toBe("ARCHIVED");
});

test("retag --restore brings an archived image back, waits for it, and gives it its tags; a second run does nothing", async () => {
  const digest = put("restored", "ARCHIVED");
  const running = startFairlead(args("restored", "--restore", "--json"), aws.env);
  await running.printed("the registry says restoring");
  aws.ecr.archived.delete(`acme/app/${digest}`);
  const { code, stdout } = await running.ended;
  expect({ code, result: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, result: { digest, tags: [{ changed: true }] } });
  expect(aws.ecr.stored.tags.get("acme/app:restored-again")).toBe(digest);
  const before = aws.calls.length;
  const again = await fairlead(args("restored", "--restore", "--json"), aws.env);
  expect(JSON.parse(again.stdout)).toMatchObject({ digest, tags: [{ changed: false }] });
  expect(aws.calls.slice(before).filter((call) => /^PUT|UpdateImageStorageClass/.test(call))).toEqual([]);
});

test("a run that may not look into the archive hears what the registry said", async () => {
  put("hidden", "ARCHIVED");
  aws.fail(1, "ECR.DescribeImages", 400, "AccessDeniedException");
  const { code, stderr } = await fairlead(args("hidden"), aws.env);
  expect({ code, stderr: stderr.replaceAll(aws.host, "HOST") }).toEqual({
    code: 4,
    stderr: "fairlead: read HOST/acme/app:hidden: there is no such tag or digest\n",
  });
});
