import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keptHeaders } from "../../webhook/http/kept-headers.ts";
import { collectHeaders } from "../../webhook/receiver/headers.ts";
import type { Event } from "../../src/core/event.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { replay } from "../../webhook/replay.ts";
import { caseFiles } from "../../webhook/saved-case.ts";
import { openSqlite } from "../../webhook/stores/sqlite.ts";
import { startFairlead, type Ended } from "../cli.ts";
import { casesFolder, casesOf, type SavedCase } from "./cases.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-export-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const accepted = casesOf(casesFolder).filter(({ expected }) => expected.outcome === "accepted");

/** Returns the delivery that a listener has stored of a saved request, with the id of its source. */
function storedOf({ source, request, body, expected, name }: SavedCase) {
  const receiver = receivers.find((each) => each.name === source)!;
  const headers = keptHeaders(receiver, collectHeaders(Object.entries(request.headers), receiver));
  const events = expected.events as readonly Event[];
  const receivedAt = request.now === undefined ? new Date("2026-01-02T03:04:05Z") : new Date(request.now * 1000);
  return {
    id: name.replace("/", "-"),
    source,
    headers,
    body,
    events,
    receivedAt,
    providerId: events[0]!.delivery,
    refused: null,
    runs: [],
  };
}

test("a stored delivery of each kind of source is exported as a case that replay reads to the same events", async () => {
  const found: unknown[] = [];
  for (const each of accepted) {
    const at = join(folder, each.name);
    await mkdir(at, { recursive: true });
    const { jwks: _, ...options } = each.request.options ?? {};
    const files = caseFiles(storedOf(each), options, each.expected.events as readonly Event[]);
    for (const [name, content] of files) await writeFile(join(at, name), content);
    const { outcome, status, events } = await replay(at);
    found.push({ name: each.name, outcome, status, events });
  }
  expect(found).toEqual(accepted.map(({ name, expected }) => ({ name, outcome: "accepted", status: 202, events: expected.events })));
  expect(new Set(accepted.map(({ source }) => source)).size).toBeGreaterThanOrEqual(16);
});

const config = {
  version: 1,
  sources: { hub: { kind: "github", secrets: "env:NOBODY_HAS_IT" } },
  routes: [
    {
      name: "tell",
      when: { source: "hub", kind: "push", repository: "github.com/acme/app", branch: "main" },
      run: "notify",
      with: { message: "${{ event.commit }}", to: ["slack:C0RELEASES"] },
    },
    {
      name: "release",
      when: { source: "hub", kind: "push", repository: "github.com/acme/app", branch: "release/*" },
      run: "notify",
      with: { message: "hi", to: ["slack:C0RELEASES"] },
    },
  ],
};

test("deliveries export writes a delivery that only its owner may read, and replay says which route takes it and what it would run", async () => {
  const home = join(folder, "home");
  await mkdir(home);
  await writeFile(join(home, "fairlead.yaml"), JSON.stringify(config));
  const push = accepted.find(({ name }) => name === "github/push-update")!;
  await using store = await openSqlite(join(home, "fairlead.db"));
  const { delivery } = await store.accept({ ...storedOf(push), source: "hub", content: null }, []);
  const run = async (...args: readonly string[]): Promise<Ended> => await startFairlead(args, {}, home).ended;
  const named = (text: string): string => text.replaceAll(delivery, "ID").replaceAll(delivery.slice(-8), "END");
  const shown = ({ code, stdout, stderr }: Ended): Ended => ({ code, stdout: named(stdout), stderr: named(stderr) });
  expect(shown(await run("deliveries", "export", delivery.slice(-8)))).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": "id      ID
    folder  cases/github/END
    replay  fairlead replay cases/github/END --config fairlead.yaml --source hub
    ",
    }
  `);
  const at = join(home, "cases/github", delivery.slice(-8));
  expect([(await readdir(at)).sort(), (await stat(at)).mode & 0o777, (await stat(join(at, "body"))).mode & 0o777]).toEqual([
    ["body", "expect.json", "request.json"],
    0o700,
    0o600,
  ]);
  expect(shown(await run("replay", at, "--config", "fairlead.yaml", "--source", "hub"))).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "",
      "stdout": "outcome                  accepted
    status                   202
    reason                   verified and understood
    events                   push
    route                    tell
    pipeline                 notify
    lane                     tell github.com/acme/app main
    with.to                  slack:C0RELEASES
    with.message             d98ae4a318b26c5effeb68701be28449e26cbbfe
    passed by route release  branch is "main", not release/*
    ",
    }
  `);
  expect(shown(await run("deliveries", "export", delivery))).toMatchInlineSnapshot(`
    {
      "code": 5,
      "stderr": "fairlead: write cases/github/END: it is there already
    hint: remove it, or name another folder with --to
    ",
      "stdout": "",
    }
  `);
  const elsewhere = await run("deliveries", "export", delivery, "--to", "fairlead.yaml", "--json");
  expect([
    elsewhere.code,
    (JSON.parse(elsewhere.stdout) as { error: { message: string } }).error.message.replace(delivery.slice(-8), "END"),
  ]).toEqual([2, "write fairlead.yaml/github/END: fairlead.yaml/github is not a folder"]);
});
