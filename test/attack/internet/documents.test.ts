/** 35 and 36: documents that take long, or that would change objects of ours. */
import { describe, expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { editImages } from "../../../src/core/deploy/manifest/edit-images.ts";
import { parseImage } from "../../../src/core/image/image.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { textTree } from "../../core/deploy/manifest/trees.ts";

/** Returns the problems of a configuration. */
function problems(text: string): string {
  try {
    readConfig(text, { path: "fairlead.yaml", receivers, pipelines });
    return "none";
  } catch (error) {
    if (error instanceof FairleadError) return error.message;
    throw error;
  }
}

describe("a configuration", () => {
  test.each<[string, string, RegExp]>([
    ["__proto__ as a key", "version: 1\n__proto__: { polluted: yes }\n", /^fairlead\.yaml:2:1 this key cannot be used(;|$)/],
    ["constructor as a key", "version: 1\nconstructor: { prototype: { polluted: yes } }\n", /constructor/],
    [
      "__proto__ as a source",
      "version: 1\nsources: { __proto__: { kind: github, secrets: env:X } }\n",
      /^fairlead\.yaml:2:12 this key cannot be used(;|$)/,
    ],
    ["__proto__ as a merge key", "version: 1\nx: &x { __proto__: { polluted: yes } }\n<<: *x\n", /./],
  ])("attack 35: a configuration with %s is refused, and no object has a new field", (_what, text, problem) => {
    expect(problems(text)).toMatch(problem);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each<[string, string]>([
    [
      "aliases of aliases",
      `version: 1\na: &a [x,x,x]\n${"bcdefgh"
        .split("")
        .map((name, at) => `${name}: &${name} [${`*${"abcdefgh"[at]},`.repeat(9)}x]`)
        .join("\n")}\n`,
    ],
    ["an alias of itself", "version: 1\nsources: &a { x: *a }\n"],
    ["20,000 levels of lists", `version: 1\nx: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`],
    ["a tag of its own", "version: 1\nroutes: !!js/function 'x'\n"],
    ["more than a mebibyte", `version: 1\n# ${"x".repeat(1_048_576)}\n`],
  ])("attack 36: a configuration of %s is refused in one error", (_what, text) => {
    expect(problems(text)).toMatch(/^(read )?fairlead\.yaml/);
  });
});

describe("a manifest", () => {
  const pod = "kind: Pod\nspec: { containers: [{ image: ghcr.io/acme/app:1 }] }\n";
  /** Returns what becomes of two files, of which one is hostile: the other's new text, or the error's code. */
  async function edited(hostile: string): Promise<string> {
    try {
      const made = await editImages(textTree({ "a.yaml": pod, "b.yaml": hostile }), [parseImage("ghcr.io/acme/app:2")]);
      return [...made.files.keys()].join();
    } catch (error) {
      return (error as FairleadError).code;
    }
  }

  test.each<[string, string]>([
    [
      "aliases of aliases",
      `# ghcr.io/acme/app\n${"abcdefgh"
        .split("")
        .map((name, at) => `${name}: &${name} [${at === 0 ? "x" : `*${"abcdefgh"[at - 1]},`.repeat(9)}]`)
        .join("\n")}\n`,
    ],
    ["an alias of itself", "# ghcr.io/acme/app\na: &a { x: *a }\n"],
    ["2,000 levels of lists", `# ghcr.io/acme/app\nx: ${"[".repeat(2000)}${"]".repeat(2000)}\n`],
    ["a tag of its own", "# ghcr.io/acme/app\nx: !!js/function 'x'\n"],
    ["__proto__", "# ghcr.io/acme/app\n__proto__: { image: ghcr.io/acme/app:1 }\nconstructor: { prototype: { polluted: yes } }\n"],
  ])("attack 36 and 35: a manifest of %s is refused or left alone, and changes no object", async (_what, text) => {
    expect(["a.yaml", "a.yaml,b.yaml", "input", "unsupported"]).toContain(await edited(text));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
