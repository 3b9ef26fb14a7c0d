import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { openConfigStore } from "../../../webhook/config/store.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const kinds = { receivers, pipelines };

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  try {
    await use(join(folder, "fairlead.yaml"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a reloaded configuration replaces the old one, and names the settings that need a restart", () =>
  inFolder(async (path) => {
    await writeFile(path, "version: 1\n");
    const configs = await openConfigStore(path, kinds);
    const seen: unknown[] = [];
    for (const text of [
      "version: 1 # the same\n",
      "version: 1\nretention: 7d\n",
      "version: 1\nstore: sqlite:other.db\nlisten: { port: 9000 }\n",
      "version: 1\nretention: 8d\nstore: sqlite:other.db\n",
      "version: 1\n",
    ]) {
      await writeFile(path, text);
      const { config, ...rest } = { config: undefined, ...(await configs.reload()) };
      expect(config).toBe(configs.current());
      seen.push(rest);
    }
    expect(seen).toMatchInlineSnapshot(`
      [
        {
          "accepted": true,
          "changed": false,
          "restartNeeded": [],
        },
        {
          "accepted": true,
          "changed": true,
          "restartNeeded": [],
        },
        {
          "accepted": true,
          "changed": true,
          "restartNeeded": [
            "store",
            "listen",
          ],
        },
        {
          "accepted": true,
          "changed": true,
          "restartNeeded": [
            "store",
          ],
        },
        {
          "accepted": true,
          "changed": true,
          "restartNeeded": [],
        },
      ]
    `);
  }));

test("a configuration with mistakes is refused with all of them, and the old one stays", () =>
  inFolder(async (path) => {
    await writeFile(path, "version: 1\nretention: 7d\n");
    const configs = await openConfigStore(path, kinds);
    const before = configs.current();
    await writeFile(path, "version: 2\nretention: long\n");
    const refused = await configs.reload();
    expect(refused.accepted ? [] : refused.error.fields.map(({ message }) => message.replace(path, "FILE"))).toEqual([
      "FILE:1:10 version: expected 1",
      "FILE:2:12 retention: expected a time such as 90s, 30m, 2h or 7d",
    ]);
    await rm(path);
    const gone = await configs.reload();
    expect(gone.accepted ? "" : gone.error.message.replace(path, "FILE")).toBe("read FILE: it cannot be read (ENOENT)");
    expect(configs.current()).toBe(before);
    await writeFile(path, "");
  }));

test("several configuration reloads at once leave the last content of the file", () =>
  inFolder(async (path) => {
    await writeFile(path, "version: 1\n");
    const configs = await openConfigStore(path, kinds);
    await writeFile(path, "version: 1\nretention: 7d\n");
    const all = await Promise.all([configs.reload(), configs.reload(), configs.reload()]);
    expect(all.map((each) => each.accepted && each.changed)).toEqual([true, false, false]);
    expect(configs.current().retentionMilliseconds).toBe(7 * 86_400_000);
  }));
