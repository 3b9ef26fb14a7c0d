/** What an unproven sender may say: nothing of it is stored, and each way to say it ends. */
import { describe, expect, test } from "vitest";
import { openDoor, type Door } from "../door.ts";
import { hubHeaders, push } from "../signed.ts";

const sources = { github: { kind: "github", secrets: "SECRET" } };

const openBoth = (): Promise<Door> => openDoor({ sources });

/** The statuses of all final answers on one connection. */
const statuses = (said: string): readonly string[] => Array.from(said.matchAll(/^HTTP\/1\.1 ([2-5]\d\d) /gm), ([, status]) => status!);

/** A request to the hook whose headers are these. */
const posted = (path: string, headers: string, body = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;

describe("signatures", () => {
  test("attack 30 and 29: a bad, absent or twice-sent signature is answered 401 in the same words, and nothing is stored", async () => {
    await using door = await openBoth();
    const good = hubHeaders(push)["X-Hub-Signature-256"]!;
    const wrong = [
      "",
      "sha256=",
      "sha256=0",
      `sha256=${"0".repeat(64)}`,
      `sha1=${good.slice(7)}`,
      good.slice(7),
      `${good}00`,
      ` ${good} x`,
    ];
    const answers = await Promise.all([
      ...wrong.map((value) => door.post("github", push, { ...hubHeaders(push), "X-Hub-Signature-256": value })),
      door.post("github", push, { "X-GitHub-Event": "push" }),
      door.post("github", `${push} `, hubHeaders(push)),
      door.post("github", push, hubHeaders(push, "d-1", "push", "another secret of 16 bytes")),
    ]);
    const said = answers.map(({ status, body }) => JSON.stringify([status, body]));
    expect(new Set(said)).toEqual(new Set(['[401,{"error":"no valid proof of the sender"}]']));
    const path = door.path("github");
    const twice = posted(
      path,
      `X-Hub-Signature-256: ${good}\r\nX-Hub-Signature-256: ${good}\r\nContent-Length: ${push.length}\r\nConnection: close`,
      push,
    );
    expect(statuses(await door.raw(twice))).toEqual(["401"]);
    expect(await door.store.deliveries({ limit: 9 })).toEqual([]);
  });
});

describe("framing", () => {
  test.each<[string, string, string | RegExp]>([
    ["a length and chunks", "Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n"],
    ["chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 2", "0\r\n\r\n"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 3", "{}"],
    ["an unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n"],
    ["a coding behind a control character", "Transfer-Encoding: \u000bchunked", "0\r\n\r\n"],
    ["a blank before the colon", "Content-Length : 2", "{}"],
    ["a header that goes on in a second line", "X-A: b\r\n c\r\nContent-Length: 2", "{}"],
    ["a lone line feed", "X-A: b\nContent-Length: 2", "{}"],
    ["a negative length", "Content-Length: -1", ""],
    ["a length with a sign", "Content-Length: +2", "{}"],
    ["a chunk size that overflows", "Transfer-Encoding: chunked", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"],
    ["a chunk without its line end", "Transfer-Encoding: chunked", "2\r\n{}0\r\n\r\n"],
  ])("attack 31: a request with %s gets one answer, 400 or 401, and its connection is closed", async (_what, headers, body) => {
    await using door = await openBoth();
    const smuggled = posted(door.path("github"), headers, `${body}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
    const said = statuses(await door.raw(smuggled));
    expect(said).toHaveLength(1);
    expect(["400", "401"]).toContain(said[0]);
  });

  test("attack 31: a body behind a 404 is not read as a request", async () => {
    await using door = await openBoth();
    const body = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    expect(statuses(await door.raw(`POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`))).toEqual(["404"]);
  });

  test("attack 32: a compressed body is answered 415 unread, and its connection is closed", async () => {
    await using door = await openBoth();
    for (const coding of ["gzip", "br", "deflate", "gzip, gzip", "identity, gzip"]) {
      expect(statuses(await door.raw(posted(door.path("github"), `Content-Encoding: ${coding}\r\nContent-Length: 999`)))).toEqual(["415"]);
    }
  });

  test.each(["identity", "Identity", "identity, identity", ""])(
    "a body with Content-Encoding: %j is as it was sent, and taken",
    async (coding) => {
      await using door = await openBoth();
      expect(await door.post("github", push, { ...hubHeaders(push), "Content-Encoding": coding })).toMatchObject({ status: 200 });
    },
  );

  test("attack 33: each way to say too much, or nothing, is answered once and ended", async () => {
    await using door = await openBoth();
    const path = door.path("github");
    const asked = [
      posted("/none", "Expect: 100-continue\r\nContent-Length: 9"),
      posted(path, "Expect: 100-continue\r\nContent-Length: 99999999999"),
      posted(path, "Content-Length: 99999999999999999999999"),
      `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(3000)}\r\n`,
      `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
    ];
    const said = await Promise.all(asked.map(async (bytes) => statuses(await door.raw(bytes)).join()));
    expect(said).toEqual(["404", "413", "400", "431", "431", "400", "", "400", "400"]);
  });

  test("attack 63: a megabyte of chunk extensions, or of trailers, ends without a delivery", async () => {
    await using door = await openBoth();
    const extended = posted(door.path("github"), "Transfer-Encoding: chunked", `2;${"a=b;".repeat(300_000)}\r\n{}\r\n0\r\n\r\n`);
    const trailed = posted(door.path("github"), "Transfer-Encoding: chunked", `2\r\n{}\r\n0\r\n${"X-A: b\r\n".repeat(100_000)}\r\n`);
    for (const bytes of [extended, trailed]) expect(["413", "431", "400", ""]).toContain(statuses(await door.raw(bytes)).join());
    expect(await door.store.deliveries({ limit: 9 })).toEqual([]);
  });
});

test.each([
  ["a slash at its end", (path: string) => `${path}/`],
  ["a query", (path: string) => `${path}?source=app&x=%2F`],
  ["a slash and a query", (path: string) => `${path}/?x`],
  ["its whole URL, as a proxy sends it", (path: string) => `http://hooks.example.com:8080${path}?x=1`],
])("a delivery to the address of a source with %s is taken", async (_, addressed) => {
  await using door = await openBoth();
  const headers = Object.entries(hubHeaders(push)).map(([name, value]) => `${name}: ${value}`);
  const sent = posted(
    addressed(door.path("github")),
    ["Connection: close", `Content-Length: ${push.length}`, ...headers].join("\r\n"),
    push,
  );
  expect(statuses(await door.raw(sent))).toEqual(["200"]);
  expect(await door.store.deliveries({ limit: 9 })).toHaveLength(1);
});

describe("what is told", () => {
  test("attack 34: health tells no more than a word, and no other path tells anything", async () => {
    await using door = await openBoth();
    const paths = [
      "/metrics",
      "/deliveries/1",
      "/runs",
      "/api/v1/runs",
      "/hook/",
      "/hook",
      "/../etc/passwd",
      "/%2e%2e/",
      "/healthz/",
      "/HEALTHZ",
    ];
    const answers = paths.map(async (path) =>
      statuses(await door.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).join(),
    );
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["404"]));
    const said = await door.raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(said.split("\r\n\r\n")[1]).toBe('{"alive":true}\n');
    expect(said).not.toMatch(/^(Server|X-Powered-By):/im);
  });
});
