import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startListener } from "./listener.ts";

vi.setConfig({ testTimeout: 120_000 });

test("the last reload wins, even if an earlier one is slow to read its secrets", async () => {
  await using listener = await startListener({ routes: [] });
  const at = (name: string): string => join(listener.folder, name);
  const read = (): number => listener.log().split("configuration read again").length - 1;
  const reload = async (secrets: string): Promise<void> => {
    await listener.configure({ sources: { ci: { kind: "generic-hmac", secrets } } });
    listener.process.stop("SIGHUP");
  };
  await writeFile(at("slow"), "the slow key of a source");
  await reload(`cmd:touch ${at("asked")}; until [ -e ${at("go")} ]; do sleep 0.1; done; cat ${at("slow")}`);
  await vi.waitFor(() => access(at("asked")), { timeout: 60_000 });
  await reload("env:CI_KEY");
  expect(await listener.deliver("{")).toMatchObject({ status: 400 }); // by then the second signal has come
  await writeFile(at("go"), "");
  await vi.waitFor(() => expect(read()).toBe(2), { timeout: 60_000 });
  expect(await listener.deliver("{")).toMatchObject({ status: 400 });
});
