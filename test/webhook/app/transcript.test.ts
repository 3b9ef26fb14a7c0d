import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fencesOf } from "../../docs/markdown.ts";
import { agree, send, startAppWorld } from "./world.ts";

test("the transcript of app create in the docs is what fairlead prints to who makes an App", async () => {
  await using world = await startAppWorld();
  const creating = world.create("--config", "fairlead.yaml", "--browser", "auto");
  await creating.printed("\n");
  const page = (await creating.page()).replace("open this page: ", "");
  const install = await agree(page);
  await creating.printed("choose its repositories");
  await send(install, { target: "all" });
  const { code, stdout, stderr } = await creating.ended;
  expect(code, stderr).toBe(0);
  const shown = `$ fairlead app create --url https://hooks.acme.dev --organization acme\n${stderr}${stdout}`
    .replaceAll(page, "http://127.0.0.1:45123/Zk3vW…")
    .replaceAll(world.github.url, "https://github.com")
    .replaceAll(/^(repository:)(127\S+)( *)/gm, (_, kind: string, name: string, pad: string) => {
      const told = name.replace(world.github.host, "github.com");
      return `${kind}${told}${pad}`;
    })
    .replaceAll(/^((?:installation|permission:\w+) +?) {5}(?=yes)/gm, "$1") // a shorter host, a narrower column
    .replace(/\(\d+\)/, "(1003)")
    .trimEnd();
  const transcript = fencesOf(readFileSync("docs/github-app-create.md", "utf8"))
    .map(({ code: block }) => block)
    .find((block) => block.includes("wrote fairlead.yaml"));
  expect(transcript, `what fairlead prints now:\n${shown}`).toBe(shown);
});
