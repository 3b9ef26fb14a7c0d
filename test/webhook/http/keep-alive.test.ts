import { expect, test } from "vitest";
import { openDoor } from "../../attack/door.ts";

test.each([
  ["75 s unless told, which is longer than a proxy keeps its own", {}, "timeout=75"],
  ["as long as limits.keepAlive says", { limits: { keepAlive: "10m" } }, "timeout=600"],
])("an idle connection is kept %s", async (_, given, told) => {
  await using door = await openDoor({ sources: {}, ...given });
  const { headers } = await fetch(`http://127.0.0.1:${door.port}/healthz`);
  expect([headers.get("connection"), headers.get("keep-alive")]).toEqual(["keep-alive", told]);
});
