import { expect, test } from "vitest";
import { createRedactor } from "../../../src/core/secret.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { openSources } from "../../../webhook/http/open-sources.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const open = async (sources: string) =>
  await openSources(readConfig(`version: 1\nsources: ${sources}`, { path: "fairlead.yaml", receivers, pipelines }), createRedactor());

test("a key that is named twice makes one address of its source", async () => {
  const key = '"cmd:printf canary-key-of-both"';
  const [source] = await open(`{ a: { kind: github, secrets: [${key}, ${key}] } }`);
  expect(source?.paths).toEqual(["/hook/a2f71c900686493e277c3c70a53a920ee412f414e88ef6ff23b0a5dd14447ded"]);
});

test("two sources of one key are refused by their names", async () => {
  const key = '"cmd:printf canary-key-of-both"';
  await expect(open(`{ a: { kind: github, secrets: ${key} }, b: { kind: gitlab, secrets: ${key} } }`)).rejects.toThrow(
    "open sources: a and b have the same key",
  );
});
