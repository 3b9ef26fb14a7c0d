import { afterEach, beforeEach, expect, test } from "vitest";
import { pushOf, tellRoutes } from "../attack/signed.ts";
import { startListener, type Listener } from "./listener.ts";

let listener: Listener;
beforeEach(async () => {
  const [told] = tellRoutes(1);
  listener = await startListener({ routes: [told], credentials: { slack: { token: "cmd:test -z canary" } } });
});
afterEach(() => listener[Symbol.asyncDispose]());

test("a secret that cannot be read is told by what it is: a credential, the key of a source, and that of its path", async () => {
  const { body } = await listener.deliver(JSON.stringify(pushOf("main")));
  const { runs } = body as { readonly runs: readonly string[] };
  const { state, error } = await listener.run(runs[0]!);
  expect([state, error]).toMatchObject(["failed", { message: "reveal secret token of slack: its command failed (exit code 1)" }]);
  const sources = { ci: { kind: "github", secrets: "env:NOT_SET" } };
  await listener.configure({ sources });
  const key = await listener.command("sources");
  await listener.configure({ sources: { ci: { ...sources.ci, secrets: "env:CI_KEY", path: "env:NOT_SET" } } });
  const path = await listener.command("sources");
  expect([key, path].map(({ stderr }) => stderr.split("\n")[0])).toEqual([
    "fairlead: reveal secret key of source ci: the environment variable NOT_SET is not set",
    "fairlead: reveal secret path key of source ci: the environment variable NOT_SET is not set",
  ]);
});
