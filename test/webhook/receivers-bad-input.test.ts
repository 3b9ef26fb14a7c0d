import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Received } from "../../webhook/receive.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { casesFolder, casesOf, type SavedCase } from "./cases.ts";
import { damages, fieldsOf, replaceField, replacements } from "./mutations.ts";
import { send, sendProven, sendUnproven } from "./senders.ts";
import { createSns, type Sns } from "./receiver/sns.ts";

/** Many in CI, few while one works. */
const examples = process.env.CI === undefined ? 150 : 1500;

/** A case with what its body says: a good starting point for a bad body. */
interface Sample {
  readonly saved: SavedCase;
  readonly body: object;
}

let sns: Sns;
beforeAll(async () => void (sns = await createSns()));

const samples = casesOf(casesFolder).flatMap((saved): Sample[] => {
  const body = bodyOf(saved);
  // Without its right token, which nobody here can make, a case of Google's is of no use.
  const isToken = saved.request.proof === "oidc" && saved.expected.status === 401;
  return body === undefined || isToken || saved.expected.status === 413 ? [] : [{ saved, body }];
});

function isForm({ request }: SavedCase): boolean {
  return Object.values(request.headers).includes("application/x-www-form-urlencoded");
}

/** Returns the payload; undefined if it is none. */
function bodyOf(saved: SavedCase): object | undefined {
  const text = saved.body.toString();
  try {
    return JSON.parse(isForm(saved) ? new URLSearchParams(text).get("payload")! : text) as object;
  } catch {
    return undefined;
  }
}

/** Returns the body that holds a payload as that of the case does; of SNS, signed. */
function encode(saved: SavedCase, payload: Buffer): Buffer {
  if (isForm(saved) && saved.source === "github") return Buffer.from(`payload=${payload.toString("hex").replace(/../g, "%$&")}`);
  return saved.request.proof === "sns" ? sns.sign(payload) : payload;
}

/** Says what every event is, whatever was sent: each field of the type that it has to be. */
function expectSound(received: Received, { saved }: Sample): void {
  expect([200, 202, 400, ...(saved.request.proof === "sns" ? [401] : [])]).toContain(received.status);
  expect(received.events.length > 0).toBe(received.status === 202);
  for (const { source, delivery, ...event } of received.events) {
    expect(source).toBe(saved.source);
    expect(delivery === null || delivery.length > 0).toBe(true);
    for (const [name, value] of Object.entries(event))
      expect([name, typeof value === "string" || isNamed(name, value)]).toEqual([name, true]);
    if (event.kind === "image") {
      expect(event.tag !== null || event.digest !== null).toBe(true);
      expect(event.digest ?? `sha256:${"0".repeat(64)}`).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
  }
}

/** Addresses of the API, of which a whole payload of GitHub has hundreds, are never read. */
function mayMatter({ saved }: Sample, path: readonly string[]): boolean {
  return saved.asked === undefined || (path.length <= 3 && !/(?<!html|web|commit|environment)_url$|_at$|node_id$/.test(path.at(-1)!));
}

/** Tells whether a field that is no text may hold such a value. */
function isNamed(name: string, value: unknown): boolean {
  if (value === null)
    return ["before", "commit", "tag", "digest", "stage", "mergeCommit", "conclusion", "url", "repository", "ref"].includes(name);
  if (["repositories", "tags", "app"].includes(name)) return Array.isArray(value) && value.every((each) => typeof each === "string");
  if (name === "prerelease") return typeof value === "boolean";
  return name === "number" || name === "pullRequest"
    ? Number.isSafeInteger(value)
    : ["fork", "ready"].includes(name) && typeof value === "boolean";
}

/** Where the body has a part in the proof, or a secret is needed beside it. */
const needsProof = ({ saved }: Sample): boolean => saved.request.proof !== "path";

describe.each(receivers.map(({ name }) => name))("%s", (source) => {
  const own = samples.filter(({ saved }) => saved.source === source);

  test("a body with one changed field is taken or refused, and never makes the receiver fail", async () => {
    for (const sample of own) {
      for (const path of fieldsOf(sample.body).filter((each) => mayMatter(sample, each))) {
        for (const replace of [replacements.removed, replacements.null, replacements["in a list"], replacements["a number as text"]]) {
          const body = encode(sample.saved, Buffer.from(replaceField(sample.body, path, replace!)));
          expectSound(await sendProven(sample.saved, body, sns), sample);
        }
      }
    }
  });

  test("a body with several changed fields is taken only with its proof, and never makes the receiver fail", async () => {
    const change = fc.record({ at: fc.nat(), by: fc.constantFrom(...Object.values(replacements)) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...own), change, change, async (sample, first, second) => {
        const once = replaceAt(sample.body, first.at, first.by);
        const value = tryParse(once);
        const twice = value === undefined ? once : replaceAt(value, second.at, second.by);
        const body = encode(sample.saved, Buffer.from(twice));
        expectSound(await sendProven(sample.saved, body, sns), sample);
        if (needsProof(sample)) expect(await sendUnproven(sample.saved, withoutSignature(sample, body), sns)).toMatchObject(refused);
      }),
      { numRuns: examples },
    );
  });

  test.each(Object.keys(damages))("a body that is %s is refused", async (name) => {
    for (const sample of own) {
      const body = encode(sample.saved, damages[name]!(Buffer.from(JSON.stringify(sample.body))));
      // What cannot be read has no signature of SNS either.
      expect(await sendProven(sample.saved, body, sns)).toMatchObject({
        status: sample.saved.request.proof === "sns" ? 401 : 400,
        events: [],
      });
      if (needsProof(sample)) expect(await sendUnproven(sample.saved, body, sns)).toMatchObject(refused);
    }
  });

  test("a body that is not the signed one is refused", async () => {
    const signed = own.filter(({ saved }) => saved.request.proof === "signature" && saved.expected.status < 400);
    for (const { saved } of signed) {
      await fc.assert(
        fc.asyncProperty(fc.nat(saved.body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const body = Buffer.from(saved.body);
          body[at]! ^= flip;
          expect(await send(saved, saved.request.headers, body, sns)).toMatchObject(refused);
        }),
        { numRuns: 20 },
      );
    }
  });
});

const refused = { status: 401, outcome: "rejected", reason: "no valid proof of the sender", delivery: null, events: [] };

function replaceAt(value: object, at: number, by: (text: string, name: string) => string | undefined): string {
  const paths = fieldsOf(value);
  return paths.length === 0 ? JSON.stringify(value) : replaceField(value, paths[at % paths.length]!, by);
}

/** Nothing that is too deep to be copied is changed twice. */
function tryParse(json: string): object | undefined {
  return json.length > 15_000 ? undefined : (JSON.parse(json) as object);
}

function withoutSignature({ saved }: Sample, body: Buffer): Buffer {
  if (saved.request.proof !== "sns") return body;
  return Buffer.from(body.toString().replace(/"Signature":"[^"]*"/, '"Signature":"AAAA"'));
}
