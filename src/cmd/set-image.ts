import { unifiedDiff } from "../core/text/diff.ts";
import { breatheUntil } from "../core/breathe.ts";
import { FairleadError } from "../core/errors.ts";
import { parseImage } from "../core/image/image.ts";
import { editImage, type ManifestEdit } from "../core/deploy/manifest/edit-image.ts";
import { formatDiff } from "../core/run/plan.ts";
import type { Text } from "../core/text/line.ts";
import type { Tree } from "../core/git/tree.ts";
import { folderTree } from "../folder.ts";
import { pipelineTable } from "../pipelines/table.gen.ts";
import type { CommandBody, Session } from "./command.ts";
import { dryRunFlag, type Flag } from "./flag.ts";
import { configFlag, fillFrom } from "./pipeline-command.ts";
import { writeFiles } from "./write-files.ts";

/** The file name of a manifest from stdin: the editor selects files by their extension. */
const stdinFile = "stdin.yaml";

/** `deploy` edits manifests too. Its flags are in the table, so that its schemas need not be loaded. */
const { fields: deployFlags = [] } = pipelineTable.find(({ name }) => name === "deploy") ?? {};

const setImageFlags: readonly Flag[] = [
  { name: "image", kind: "image", sentence: "image to set, with its tag or digest", required: true, positional: 0 },
  {
    name: "dir",
    kind: "directory",
    sentence: "folder of the manifests; - reads one manifest from stdin and prints it",
    required: true,
    positional: 1,
  },
  ...deployFlags.filter(({ name }) => name === "only"),
  {
    name: "expect",
    kind: "int",
    sentence: "fail unless the manifests have exactly this many references to the image",
    byDefault: "any number but 0",
    required: false,
  },
  dryRunFlag,
];

/** `fairlead set-image`: the manifest editor over a folder, or from stdin to stdout. */
export const setImageBody: CommandBody = {
  flags: [
    ...setImageFlags,
    { ...configFlag, sentence: "read defaults from this configuration", byDefault: "the fairlead.yaml of the working folder" },
  ],
  fill: fillFrom(setImageFlags),
  async run(session, { image, dir, only, expect, dryRun = false, json = false }) {
    const filter = dir === "-";
    for (const message of session.filled?.told ?? []) session.report({ type: "notice", message });
    if (filter && json === true && dryRun !== true) {
      throw new FairleadError("input", "set-image: --json cannot go with -: stdout is the manifest", {
        hint: "add --dry-run to see the changes",
      });
    }
    const tree = filter ? await stdinTree(session) : folderTree(String(dir));
    const edit = await editImage(tree, parseImage(String(image)), {
      ...(typeof only === "string" ? { only } : {}),
      ...(typeof expect === "number" ? { expect } : {}),
      breathe: breatheUntil(session.signal),
    });
    for (const message of edit.warnings) session.report({ type: "warning", message });
    if (!filter && dryRun !== true) await writeFiles(String(dir), edit.files);
    const manifest = filter && dryRun !== true ? await tree.read(stdinFile) : undefined;
    return {
      json: { changes: edit.changes.map((change) => ({ ...change })), warnings: edit.warnings },
      text: changesText(edit, dryRun === true),
      ...(manifest === undefined ? {} : { data: new TextDecoder().decode(edit.files.get(stdinFile) ?? manifest) }),
    };
  },
};

function changesText({ changes, before, files, splices }: ManifestEdit, dryRun: boolean): Text {
  if (changes.length === 0) return ["nothing to do: the manifests have this image already"];
  const lines = changes.map(({ file, line, path, from, to }) => `${file}:${line}: ${path}: ${from} → ${to}`);
  const count = `${changes.length} ${changes.length === 1 ? "place" : "places"}`;
  if (!dryRun) return [...lines, `changed ${count}`];
  return [...formatDiff(unifiedDiff(before, files, splices)), `plan: ${count} to update; nothing was changed`];
}

async function stdinTree({ io }: Session): Promise<Tree> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.stdin) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a tree may have to ask for its names
    async *list() {
      yield stdinFile;
    },
    read: () => Promise.resolve(bytes),
  };
}
