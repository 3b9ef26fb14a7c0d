import { describe, expect, test } from "vitest";
import { tokenSources } from "../../src/core/credential.ts";
import { createCredentials, type Credentials } from "../../src/core/credentials.ts";
import type { Token, TokenAsk } from "../../src/core/token.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { TokenSource } from "../../src/core/token-source.ts";
import { withToken } from "../../src/core/token-use.ts";

const never = new AbortController().signal;
const minute = 60_000;

/** A clock that is set by hand. */
const clock = { time: Date.parse("2026-01-02T03:04:05Z") };
const now = (): number => clock.time;

function ask(resource = "github.com/acme/app", ...permissions: TokenAsk["permissions"]): TokenAsk {
  return { resource, permissions, signal: never };
}

/** Returns a source of an App's tokens, which live for an hour, and what it was asked for. */
function appSource(resource = "github.com/acme", life = 60 * minute): TokenSource & { readonly asked: TokenAsk[] } {
  const asked: TokenAsk[] = [];
  return {
    ...{ for: resource, by: "app", asked },
    fetch: (each) => {
      const name = `token-${asked.push(each)}`;
      return Promise.resolve({ value: { name, reveal: () => Promise.resolve(name) }, expires: new Date(clock.time + life) });
    },
  };
}

function given(by: Token["by"], resource: string, value: string, username?: string): TokenSource {
  const secret = { name: value, reveal: () => Promise.resolve(value) };
  return tokenSources(by, [{ for: resource, kind: "token", secret, ...(username !== undefined && { username }) }])[0]!;
}

function portOf(...sources: readonly TokenSource[]): Credentials {
  return createCredentials(sources, { now, usernameFor: (resource) => `user of ${resource}` });
}

async function valueOf(port: Credentials, asked = ask()): Promise<string | undefined> {
  return await (await port.token(asked))?.value.reveal();
}

describe("which token is taken", () => {
  test("the source that names the most of a resource is taken, whatever its origin", async () => {
    const port = portOf(
      given("env", "github.com/acme/app", "repository"),
      given("flag", "github.com", "host"),
      given("app", "github.com/acme", "owner"),
    );
    expect(
      await Promise.all(["github.com/acme/app", "github.com/acme/web", "github.com/other/app"].map((each) => valueOf(port, ask(each)))),
    ).toEqual(["repository", "owner", "host"]);
  });

  test("the order among equal resources is flag, file, App, environment, gh, helper", async () => {
    const origins = ["helper", "env", "flag", "gh", "app", "file"] as const;
    const order: (Token["by"] | undefined)[] = [];
    for (
      let left = origins.map((by) => given(by, "github.com", by));
      left.length > 0;
      left = left.filter(({ by }) => by !== order.at(-1))
    ) {
      order.push((await portOf(...left).token(ask()))?.by);
    }
    expect(order).toEqual(["flag", "file", "app", "env", "gh", "helper"]);
  });

  test("the later of two tokens of one origin is taken", async () => {
    expect(await valueOf(portOf(given("flag", "github.com", "first"), given("flag", "github.com", "second")))).toBe("second");
  });

  test("a resource that no source names has none, nor has one whose name only begins alike", async () => {
    const port = portOf(given("flag", "github.com/acme/app", "mine"));
    expect(await Promise.all(["github.com", "github.com/acme/application", "gitlab.com"].map((each) => valueOf(port, ask(each))))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("a token says where it came from, when it ends, and the user name beside it", async () => {
    const port = portOf(given("file", "github.com", "pat", "robot"), given("env", "slack", "xoxb"), appSource("github.com/acme"));
    const facts = async (resource: string) => {
      const { by, username, expires } = (await port.token(ask(resource)))!;
      return [by, username, expires?.toISOString()];
    };
    expect(await Promise.all(["github.com/other/app", "slack", "github.com/acme/app"].map(facts))).toEqual([
      ["file", "robot", undefined],
      ["env", "user of slack", undefined],
      ["app", "user of github.com/acme/app", "2026-01-02T04:04:05.000Z"],
    ]);
  });
});

describe("how long a token is kept", () => {
  test("a run of a week never gets a token that has ended, and asks for one token an hour", async () => {
    const source = appSource();
    const port = portOf(source);
    let leastLeft = Infinity;
    for (const end = clock.time + 7 * 24 * 60 * minute; clock.time < end; clock.time += minute) {
      const { expires } = (await port.token(ask()))!;
      leastLeft = Math.min(leastLeft, expires!.getTime() - clock.time);
    }
    expect(leastLeft).toBeGreaterThanOrEqual(5 * minute);
    expect(source.asked.length).toBeLessThanOrEqual((7 * 24 * 60) / 55 + 1);
  });

  test("a token that lives for a minute is used for four fifths of it", async () => {
    const source = appSource("github.com", minute);
    const port = portOf(source);
    const values: (string | undefined)[] = [];
    for (let second = 0; second < 120; second += 12, clock.time += 12_000) values.push(await valueOf(port));
    expect(values).toEqual(["token-1", "token-1", "token-1", "token-1", "token-2", "token-2", "token-2", "token-2", "token-3", "token-3"]);
  });

  test("all who ask at once share one request, and other permissions are another token", async () => {
    const source = appSource();
    const port = portOf(source);
    const write = ask(undefined, "pull-requests:write", "contents:write");
    const same = ask(undefined, "contents:write", "pull-requests:write");
    expect(await Promise.all([ask(), ask(), write, same].map((each) => valueOf(port, each)))).toEqual([
      "token-1",
      "token-1",
      "token-2",
      "token-2",
    ]);
    expect(source.asked.map(({ resource, permissions }) => [resource, permissions])).toEqual([
      ["github.com/acme/app", []],
      ["github.com/acme/app", ["pull-requests:write", "contents:write"]],
    ]);
  });

  test("a request that failed is made again the next time", async () => {
    const source = appSource();
    const answers = [new FairleadError("unavailable", "get token: GitHub answered 502")];
    const fetch: TokenSource["fetch"] = (each) => (answers.length > 0 ? Promise.reject(answers.pop()!) : source.fetch(each));
    const port = portOf({ ...source, fetch });
    await expect(port.token(ask())).rejects.toThrow("get token: GitHub answered 502");
    expect(await valueOf(port)).toBe("token-1");
  });

  test("a request that is stopped with one who asked is made again for the others", async () => {
    const source = appSource();
    const stop = new AbortController();
    const fetch: TokenSource["fetch"] = (each) =>
      each.signal === never
        ? source.fetch(each)
        : new Promise((_, reject) =>
            each.signal.addEventListener("abort", () => reject(new FairleadError("canceled", "get token: stopped"))),
          );
    const port = portOf({ ...source, fetch });
    const first = port.token({ ...ask(), signal: stop.signal });
    const second = valueOf(port);
    stop.abort();
    await expect(first).rejects.toThrow("get token: stopped");
    expect(await second).toBe("token-1");
  });

  test("a request that its source gives up by itself fails, and is not made again without end", async () => {
    const source = appSource();
    const fetch: TokenSource["fetch"] = () => Promise.reject(new FairleadError("canceled", "get token: the source has ended"));
    const asked = portOf({ ...source, fetch }).token(ask());
    await expect(asked).rejects.toThrow("get token: the source has ended");
  });
});

describe("tokens that are made for what is asked", () => {
  test("a token is shared by all whose key is the same, whatever the resource is called", async () => {
    const source = { ...appSource(), keyOf: ({ resource }: TokenAsk) => Promise.resolve(resource.toLowerCase()) };
    const port = portOf(source);
    expect(await Promise.all([ask("github.com/acme/app"), ask("github.com/acme/App")].map((each) => valueOf(port, each)))).toEqual([
      "token-1",
      "token-1",
    ]);
  });

  test("a source that has no token there lets the next one be asked, and tells its error where there is no other", async () => {
    const missing = new FairleadError("not_found", "get a token: the App is not installed there");
    const source = { ...appSource(), keyOf: () => Promise.reject(missing) };
    expect(await valueOf(portOf(source, given("env", "github.com", "pat")))).toBe("pat");
    await expect(portOf(source).token(ask())).rejects.toBe(missing);
    const broken = { ...source, keyOf: () => Promise.reject(new FairleadError("unauthenticated", "get a token: wrong key")) };
    await expect(portOf(broken, given("env", "github.com", "pat")).token(ask())).rejects.toThrow("wrong key");
  });

  test("an App that was given by a flag has the place of a flag", async () => {
    const port = portOf({ ...appSource("github.com"), rank: "flag" }, given("file", "github.com", "pat"));
    expect(await valueOf(port)).toBe("token-1");
    expect(await valueOf(portOf(appSource("github.com"), given("file", "github.com", "pat")))).toBe("pat");
  });
});

describe("a token that is refused", () => {
  /** Uses tokens as a server takes them, and returns those that were used and the pauses in between, in milliseconds. */
  async function use(port: Credentials, takes: (token: string, attempt: number) => 200 | 401 | 403 | 404 | 500) {
    const seen: string[] = [];
    const pauses: number[] = [];
    const delay = (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds);
      clock.time += milliseconds;
      return Promise.resolve();
    };
    const refusedBy = (ended: object): 401 | 403 | 404 | undefined => {
      const status = "value" in ended ? ended.value : undefined;
      return status === 401 || status === 403 || status === 404 ? status : undefined;
    };
    const status = await withToken(port, { ...ask(), doing: "ask", delay, refusedBy }, async (token) => {
      const value = (await token?.value.reveal()) ?? "none";
      return takes(value, seen.push(value));
    });
    return { status, seen, pauses };
  }

  test("a refused token is replaced at once when it was good before, and the next one is waited for", async () => {
    const port = portOf(appSource());
    await port.token(ask());
    clock.time += 10 * minute;
    expect(await use(port, (token) => (token === "token-1" ? 401 : 200))).toEqual({
      status: 200,
      seen: ["token-1", "token-2"],
      pauses: [0],
    });
    clock.time += 10 * minute;
    const last = await use(port, () => 401);
    expect([last.status, last.pauses[0], new Set(last.seen)]).toEqual([401, 0, new Set(["token-2", "token-3"])]);
  });

  test.each([401, 403, 404] as const)("a token refused with %i while it is new is waited for until it is known", async (refusal) => {
    const port = portOf(appSource());
    const taken = await use(port, (_, attempt) => (attempt <= 3 ? refusal : 200));
    expect(taken).toEqual({ status: 200, seen: Array.from({ length: 4 }, () => "token-1"), pauses: [500, 500, 1000] });
  });

  test("a new token that was taken is waited for half a second when it is refused with 404, once for all who use it", async () => {
    const port = portOf(appSource());
    await use(port, () => 200);
    expect(await use(port, () => 404)).toEqual({ status: 404, seen: ["token-1", "token-1"], pauses: [500] });
    expect(await use(port, () => 404)).toEqual({ status: 404, seen: ["token-1"], pauses: [] });
    expect(await use(port, (_, attempt) => (attempt === 1 ? 403 : 200))).toMatchObject({ status: 200, pauses: [500] });
  });

  test("a new token that is refused for 10 s is given up: with 401 for another, which is given up as well", async () => {
    const found = await use(portOf(appSource()), () => 404);
    expect([found.status, found.pauses.reduce((sum, each) => sum + each, 0)]).toEqual([404, 10_000]);
    const again = await use(portOf(appSource()), () => 401);
    expect([again.status, new Set(again.seen)]).toEqual([401, new Set(["token-1", "token-2"])]);
  });

  test("a token refused with 403 or 404 long after it was issued stays: another would not allow more", async () => {
    const source = appSource();
    const port = portOf(source);
    await port.token(ask());
    clock.time += minute;
    expect(await use(port, () => 404)).toEqual({ status: 404, seen: ["token-1"], pauses: [] });
    expect(await use(port, () => 403)).toEqual({ status: 403, seen: ["token-1"], pauses: [] });
    expect(source.asked).toHaveLength(1);
  });

  test("a refused token without an end is not tried again, nor is a request without a token", async () => {
    expect(await use(portOf(given("flag", "github.com", "pat")), () => 401)).toEqual({ status: 401, seen: ["pat"], pauses: [] });
    expect(await use(portOf(), () => 401)).toEqual({ status: 401, seen: ["none"], pauses: [] });
  });

  test("another failure than a refusal is not tried again", async () => {
    expect(await use(portOf(appSource()), () => 500)).toEqual({ status: 500, seen: ["token-1"], pauses: [] });
  });
});
