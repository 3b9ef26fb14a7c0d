/** H6: no header, however long, keeps the listener busy for longer than its length. */
import { expect, test } from "vitest";
import { receive, wholeBody } from "../../../webhook/receive.ts";
import { collectHeaders, commonHeaders } from "../../../webhook/receiver/headers.ts";
import type { KeyFetcher, Receiver } from "../../../webhook/receiver/receiver.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { secret } from "../door.ts";

const secrets = [secret, "whsec_KaCQ1bIW+gDf6I+fsJCPLmoxV5XQ6FeXRi1iU1eO598="].map((each) => Buffer.from(each));
const fetcher: KeyFetcher = { get: () => Promise.resolve(Buffer.from('{"keys":[]}')) };
/** Options by which a kind proves its requests in another way. */
const others: Readonly<Record<string, object>> = {
  ecr: { topicArns: ["arn:aws:sns:eu-west-1:1:images"] },
  gcr: { audience: "fairlead", serviceAccount: "push@example.com" },
};
const endpoints = receivers.flatMap((receiver) =>
  [{}, others[receiver.name]].flatMap((options) =>
    options === undefined ? [] : [{ name: `${receiver.name} ${JSON.stringify(options)}`, receiver, options }],
  ),
);

/** Values that reach what a proof reads of a header, and begin with what it expects. */
const begins = ["", "sha256=", "Bearer ", "Basic "];
const blanks: readonly (readonly [string, string])[] = [
  ["blanks", " "],
  ["tabs", "\t"],
  ["commas", ","],
  ["quotes", '"'],
  ["equals signs", "="],
];

/** Sends a request in each of whose headers there is a run of a character of this length, and as much in its body. */
async function send(receiver: Receiver, options: object, character: string, length: number): Promise<void> {
  const endpoint = { secrets, options: receiver.options.parse(options) };
  const run = character.repeat(length);
  for (const begin of begins) {
    const value = `${begin}a${run}b`;
    const named = [...receiver.headers, ...receiver.proofHeaders].map((name) => [name, value] as const);
    const types = [...receiver.contentTypes(endpoint.options), value];
    for (const type of types) {
      const headers = collectHeaders([["content-type", type], ["webhook-timestamp", "1772366400"], ["x-other", value], ...named], receiver);
      await receive(receiver, endpoint, { method: "POST", headers, body: wholeBody(Buffer.from(run)), receivedAt: new Date(0) }, fetcher);
    }
  }
}

/** Returns the processor time, in microseconds, of the quickest of some calls: of what takes long, of one. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let spent = 0; times.length < 12 && spent < 500_000; spent += times.at(-1) ?? 0) {
    const begun = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begun);
    times.push(user + system);
  }
  return Math.min(...times);
}

/** Returns how many times the processor time 16 kB take of that of 8 kB. What grows by the square has four at each try, so the least of a few counts. */
async function growth(work: (length: number) => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < 5 && least > 3; attempt++) {
    const half = await processorTime(() => work(8_000));
    least = Math.min(least, (await processorTime(() => work(16_000))) / half);
  }
  return least;
}

test.each(endpoints)(
  "attack 7 (H6): $name takes at most three times the processor time for headers twice as long",
  { timeout: 120_000 },
  async ({ receiver, options }) => {
    for (const [what, character] of blanks) {
      expect(await growth((length) => send(receiver, options, character, length)), what).toBeLessThanOrEqual(3);
    }
  },
);

test("attack 7 (H6): of 500 headers a receiver collects those that it names alone", () => {
  const sent = Array.from({ length: 500 }, (_, index) => [`x-flood-${index}`, " ".repeat(16)] as const);
  for (const receiver of receivers) {
    const named = [...commonHeaders, ...receiver.headers, ...receiver.proofHeaders];
    const collected = collectHeaders([...sent, ...named.map((name) => [name.toUpperCase(), "\t v \t"] as const)], receiver);
    expect([...collected]).toEqual(named.map((name) => [name, "v"]));
  }
});

test("no receiver stores a header that it reads for a proof", () => {
  expect(receivers.flatMap(({ headers, proofHeaders }) => proofHeaders.filter((name) => headers.includes(name)))).toEqual([]);
});
