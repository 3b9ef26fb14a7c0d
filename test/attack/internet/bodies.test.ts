/** W12, and bodies that are hard to read: what is not proven is neither held for long nor parsed. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { IncomingMessage } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { createIntake } from "../../../webhook/http/body.ts";
import { receive, wholeBody } from "../../../webhook/receive.ts";
import { collectHeaders } from "../../../webhook/receiver/headers.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { openDoor, secret } from "../door.ts";
import { hubHeaders, push, signature, tellRoutes } from "../signed.ts";

const sources = {
  github: { kind: "github", secrets: "SECRET" },
  ci: { kind: "generic-hmac", secrets: "SECRET", path: "cmd:echo key-of-the-path-of-ci" },
};

describe("memory", () => {
  /** A request whose body this test writes. */
  const incoming = (): PassThrough & IncomingMessage => Object.assign(new PassThrough(), { headers: {} }) as never;
  const take = (): undefined => undefined;

  test("attack 25 (W12): a body counts until its request is answered, not until it is read", async () => {
    const intake = createIntake(() => 100);
    const [first, second, third] = [incoming(), incoming(), incoming()];
    const one = intake.open(first);
    first.end("x".repeat(80));
    expect(await one.read(1000, take)).toHaveLength(1);
    using two = intake.open(second);
    second.end("x".repeat(80));
    expect(await two.read(1000, take)).toBe("busy");
    two[Symbol.dispose]();
    one[Symbol.dispose]();
    using three = intake.open(third);
    third.end("x".repeat(80));
    expect(await three.read(1000, take)).toHaveLength(1);
  });

  test("attack 25 (W12): nothing is held of bodies whose headers prove nothing, however many come at a time", async () => {
    await using door = await openDoor({ sources, limits: { bodies: "1KiB" } });
    const body = Buffer.alloc(2 ** 20, " ");
    const unproven = await Promise.all(Array.from({ length: 40 }, () => door.post("github", body, { "X-GitHub-Event": "push" })));
    expect(new Set(unproven.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await door.post("github", push, hubHeaders(push))).toMatchObject({ status: 200 });
    expect(await door.post("github", body, hubHeaders(body))).toMatchObject({ status: 503 });
  });

  test("attack 64: a thousand promised lengths hold nothing before a byte of them comes", async () => {
    await using door = await openDoor({ sources, limits: { bodies: "1KiB" }, listen: {} });
    const begun = `POST ${door.path("github")} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=${"0".repeat(64)}\r\nContent-Length: 26000000\r\n\r\n`; // prettier-ignore
    const waiting = await Promise.all(Array.from({ length: 200 }, () => door.connect()));
    for (const socket of waiting) socket.write(begun);
    expect(await door.post("github", push, hubHeaders(push))).toMatchObject({ status: 200 });
  });

  test("attack 25 (W12): a body that is not proven is not parsed, and is not kept where its headers show so", async () => {
    const parse = vi.spyOn(JSON, "parse");
    const kept: boolean[] = [];
    for (const receiver of receivers.filter(({ name }) => !["acr", "cdevents", "docker-hub", "gcr", "quay"].includes(name))) {
      const endpoint = { secrets: [Buffer.from(secret)], options: receiver.options.parse({}) };
      const headers = collectHeaders(
        [["content-type", "application/json"], ...receiver.proofHeaders.map((name) => [name, "wrong"] as const)],
        receiver,
      );
      const body = Buffer.from("{}");
      const source: typeof wholeBody = (bytes) => (limit, see) => {
        kept.push(see !== undefined);
        return wholeBody(bytes)(limit, see);
      };
      const fetcher = { get: () => Promise.reject(new Error("nobody is to be asked")) };
      expect(
        await receive(receiver, endpoint, { method: "POST", headers, body: source(body), receivedAt: new Date() }, fetcher),
      ).toMatchObject({ status: 401 });
    }
    expect(parse).not.toHaveBeenCalled();
    expect(kept).toEqual(kept.map(() => false));
    parse.mockRestore();
  });

  test("attack 26 (W12): a proven body of millions of empty lists is refused before it is parsed", async () => {
    await using door = await openDoor({ sources });
    const body = Buffer.from(`{"x":[${"[],".repeat(7_000_000)}[]]}`);
    const parse = vi.spyOn(JSON, "parse");
    expect(await door.post("github", body, hubHeaders(body))).toMatchObject({
      status: 400,
      body: { error: "read delivery: it has more than 2000000 values" },
    });
    expect(parse.mock.calls.filter(([text]) => text.length > 1000)).toEqual([]);
    parse.mockRestore();
    const long = Buffer.from(JSON.stringify({ ref: "refs/notes/x", text: "[],".repeat(3_000_000) }));
    expect(await door.post("github", long, hubHeaders(long))).toMatchObject({ status: 200 });
  });
});

describe("text", () => {
  const nested = (levels: number): string => `{"kind":"push","more":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  const lone = JSON.stringify({ kind: "push", repository: "github.com/acme/app", branch: "x\\ud800", commit: "4".repeat(40) }).replace(
    "\\\\",
    "\\",
  );
  test.each<[string, string | Uint8Array, number]>([
    ["300,000 levels of lists", nested(300_000), 400],
    ["a byte that is not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ["a byte order mark", `\ufeff{"kind":"moon"}`, 200],
    ["a NUL", '{"kind":"pu\0sh"}', 400],
    ["half a surrogate pair in a branch", lone, 202],
    ["a NUL in a branch", JSON.stringify({ kind: "push", repository: "github.com/acme/app", branch: "x\0y", commit: "4".repeat(40) }), 202],
    ["no value", "", 400],
    ["two values", "{}{}", 400],
    ["a number of 100,000 digits", `{"kind":"pull-request","number":${"9".repeat(100_000)}}`, 400],
  ])("attack 37: a proven body with %s makes no run", async (_what, body, status) => {
    await using door = await openDoor({ sources, routes: tellRoutes(1) });
    expect((await door.post("ci", body, signature(body))).status).toBe(status);
    expect(await door.store.runs({ limit: 9 })).toEqual([]);
  });

  test("attack 35: names of the prototype in JSON are fields like others, and change no object", async () => {
    await using door = await openDoor({ sources, routes: tellRoutes(1) });
    const hostile = [
      '{"kind":"push","__proto__":{"repository":"github.com/acme/app","branch":"main","commit":"4444444444444444444444444444444444444444"}}',
      '{"kind":"__proto__"}',
      '{"kind":"constructor"}',
      '{"events":{"length":3},"kind":"toString"}',
    ];
    const answers = await Promise.all(hostile.map(async (body) => (await door.post("ci", body, signature(body))).status));
    expect([answers, ({} as Record<string, unknown>).repository, await door.store.runs({ limit: 9 })]).toEqual([
      [400, 200, 200, 200],
      undefined,
      [],
    ]);
  });
});

test("attack 32: a body that ends before its length is no delivery", async () => {
  await using door = await openDoor({ sources });
  const socket = await door.connect();
  socket.write(`POST ${door.path("github")} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n${push}`);
  socket.end();
  await once(socket.resume(), "close");
  expect(await door.store.deliveries({ limit: 9 })).toEqual([]);
});
