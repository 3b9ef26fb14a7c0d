/** H4: whoever opens connections and says little takes nobody else's place. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { peerOf } from "../../../webhook/http/peer.ts";
import { openDoor, type Door } from "../door.ts";

vi.setConfig({ testTimeout: 60_000 });

const sources = { quay: { kind: "quay", path: "SECRET" } };
const health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const body = JSON.stringify({ updated_tags: [] });
const few = { connections: 20, connectionsPerPeer: 5 };
const noProxies = { proxies: [] };

const open = (limits: object = {}, listen: object = {}): Promise<Door> => openDoor({ sources, limits, listen });

/** Opens so many connections from one address of this machine, and says nothing. */
async function openSilent(door: Door, count: number, localAddress: string): Promise<Socket[]> {
  const silent: Socket[] = [];
  for (let index = 0; index < count; index++) silent.push(await door.connect({ localAddress }));
  return silent;
}

/** Waits until the server has no more connections than so many, while our side stays open. */
const left = (door: Door, count: number): Promise<void> =>
  vi.waitFor(async () => expect(await door.connections()).toBe(count), { timeout: 30_000, interval: 20 });

describe("the end of a connection whose peer keeps its half open", () => {
  const chunk = `${(2 ** 20 + 1).toString(16)}\r\n${"x".repeat(2 ** 20 + 1)}\r\n0\r\n\r\n`;
  test.each<[string, (path: string) => string]>([
    ["a 404", () => "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a 405", (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`],
    [
      "a 413 by its length",
      (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n`,
    ],
    ["a 413 by its bytes", (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`],
    ["a 415 of an encoded body", (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n`],
    ["a 417", () => "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}"],
    ["a 431", () => `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(4000)}\r\n`],
    ["bytes that are no HTTP", () => "\u0016\u0003\u0001\u0002\r\n\r\n"],
    ["a preface of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a CONNECT", () => "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["an answered request without a second one", () => health],
  ])("attack 4 (H4): the server has no connection left after %s", async (_what, request) => {
    await using door = await open({ keepAlive: "2s" });
    const socket = await door.connect();
    socket.resume().write(request(door.path("quay")));
    await left(door, 0);
    expect(socket.writableEnded).toBe(false);
  });

  test("attack 4 (H4): a connection without a whole header in time is answered 408, and the server has none left", async () => {
    await using door = await open({ requestTime: "1s" });
    const [silent, slow] = [await door.connect(), await door.connect()];
    const said = [silent, slow].map((socket) => once(socket.setEncoding("utf8"), "data"));
    slow.write("POST / HTTP/1.1\r\nHost: x\r\nX-");
    expect((await Promise.all(said)).map(([text]) => String(text).split("\r\n", 1)[0])).toEqual([
      "HTTP/1.1 408 Request Timeout",
      "HTTP/1.1 408 Request Timeout",
    ]);
    await left(door, 0);
  });

  test("attack 33 and 4 (H4): a body that comes too slowly is answered 408, and the server has no connection left", async () => {
    await using door = await open({ requestTime: "1s" });
    const socket = await door.connect();
    const said = once(socket.setEncoding("utf8"), "data");
    socket.write(`POST ${door.path("quay")} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`);
    expect(String((await said)[0])).toMatch(/^HTTP\/1\.1 408 /);
    await left(door, 0);
  });
});

describe("places", () => {
  test("attack 4 (H4): a thousand silent connections of one address take its own share, and a delivery comes in", async () => {
    await using door = await open({}, noProxies);
    await openSilent(door, 1000, "127.0.0.7");
    await left(door, 100);
    expect(await door.post("quay", body)).toMatchObject({ status: 200 });
  });

  test("attack 4 (H4): silent connections of many addresses, or through a proxy, lose the oldest place to a new one", async () => {
    for (const listen of [noProxies, {}]) {
      await using door = await open(few, listen);
      for (let peer = 2; peer < 22; peer++) await openSilent(door, 3, `127.0.0.${peer}`);
      await left(door, 20);
      for (let time = 0; time < 30; time++)
        expect(await door.raw(health.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).toMatch(/ 200 /);
    }
  });

  test("attack 4 (H4): the share of an address gives its oldest silent connection away, never one with a whole header", async () => {
    await using door = await open(few, noProxies);
    const sending = await door.connect({ localAddress: "127.0.0.7" });
    sending.write(
      `POST ${door.path("quay")} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n{`,
    );
    const said = once(sending.setEncoding("utf8"), "data");
    await vi.waitFor(async () => expect(await door.connections()).toBe(1));
    const silent = await openSilent(door, 8, "127.0.0.7");
    await left(door, 5);
    await vi.waitFor(() => expect(silent.map(({ readable }) => readable)).toEqual([false, false, false, false, true, true, true, true]));
    sending.write(body.slice(1));
    expect(String((await said)[0])).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("attack 60: a forged X-Forwarded-For gives a peer no second share", async () => {
    await using door = await open(few, noProxies);
    for (let index = 0; index < 9; index++) {
      const socket = await door.connect({ localAddress: "127.0.0.7" });
      socket.write(`GET /healthz HTTP/1.1\r\nX-Forwarded-For: 192.0.2.${index}\r\nForwarded: for=192.0.2.${index}\r\nHo`);
    }
    await left(door, 5);
  });

  test("attack 61: all addresses of one IPv6 /64 are one peer", () => {
    const one = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:DB8:1:2:3:4:5:6"].map(peerOf);
    expect(new Set(one.map((each) => each.toLowerCase())).size).toBe(1);
    expect(["2001:db8:1:3::1", "::1", "fe80::1%eth0", "::ffff:192.0.2.7", "192.0.2.7"].map(peerOf)).toEqual([
      "2001:db8:1:3::/64",
      "0:0:0:0::/64",
      "fe80:0:0:0::/64",
      "192.0.2.7",
      "192.0.2.7",
    ]);
  });

  test("attack 62: a peer that sends requests and reads no answer stops being read, and holds one place", async () => {
    await using door = await open(few, noProxies);
    const socket = await door.connect({ localAddress: "127.0.0.7" });
    socket.pause();
    socket.write(health.repeat(50_000));
    await openSilent(door, 4, "127.0.0.7");
    await left(door, 5);
    expect(await door.post("quay", body)).toMatchObject({ status: 200 });
  });
});
