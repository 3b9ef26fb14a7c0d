import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "..", "..");
const Packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);

/** The paths that npm would pack, without building them. */
function packed(): readonly string[] {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [{ files }] = Packed.parse(JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" })));
  return files.map(({ path }) => path);
}

/** The files and folders that the relative links of a page lead to, from the root. */
function links(page: string): readonly string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = ""]) => join(dirname(page), link).replace(/\/$/, ""));
}

test("the npm package holds each file that README.md and the pages of docs link to", () => {
  const files = packed();
  const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const missing = ["README.md", ...pages.map((name) => `docs/${name}`)].flatMap((page) =>
    links(page)
      .filter((link) => !files.some((file) => file === link || file.startsWith(`${link}/`)))
      .map((link) => `${page}: ${link}`),
  );
  expect(missing).toEqual([]);
});

test("the npm package holds the JSON Schema and the systemd units", () => {
  const files = packed();
  expect(files).toContain("docs/fairlead.schema.json");
  expect(files.filter((file) => file.startsWith("packaging/systemd/"))).toEqual(
    readdirSync(join(root, "packaging/systemd"))
      .sort()
      .map((name) => `packaging/systemd/${name}`),
  );
});
