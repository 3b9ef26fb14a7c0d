import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "../../../src/registries/oci/challenge.ts";

const cases: readonly [string, string, [string, Record<string, string>][]][] = [
  [
    "a token server with a scope of two actions",
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:acme/app:pull,push"',
    [["bearer", { realm: "https://auth.docker.io/token", service: "registry.docker.io", scope: "repository:acme/app:pull,push" }]],
  ],
  ["a login", 'Basic realm="Registry \\"A\\", room 1"', [["basic", { realm: 'Registry "A", room 1' }]]],
  [
    "two ways in",
    "Negotiate, BEARER Realm = token , charset=utf-8",
    [
      ["negotiate", {}],
      ["bearer", { realm: "token", charset: "utf-8" }],
    ],
  ],
  [
    "a value in place of parameters",
    'NTLM TlRMTVNTUAAB==, Basic realm=""',
    [
      ["ntlm", {}],
      ["basic", { realm: "" }],
    ],
  ],
  [
    "a quote that never ends",
    'Basic realm="a", Bearer realm="b',
    [
      ["basic", { realm: "a" }],
      ["bearer", {}],
    ],
  ],
  ["a parameter of no scheme", 'realm="a"', []],
  ["nothing", "", []],
];

test.each(cases)("parseChallenges reads %s", (_title, header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(expected);
});

test("parseChallenges never throws", () => {
  const likely = fc.stringMatching(/^[Bb ,="\\a\t/+-]*$/);
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), likely), (header) => void parseChallenges(header)));
});

test("parseChallenges unquotes any value, with its commas, quotes and backslashes", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]*$/);
  const value = fc.oneof(fc.string(), fc.stringMatching(/^[",\\= a]*$/));
  const challenge = fc.record({ scheme: name, parameters: fc.dictionary(name, value, { minKeys: 1 }) });
  fc.assert(
    fc.property(fc.array(challenge), (challenges) => {
      const quote = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;
      const header = challenges
        .map(
          (each) =>
            `${each.scheme} ${Object.entries(each.parameters)
              .map(([key, text]) => `${key}=${quote(text)}`)
              .join(",")}`,
        )
        .join(", ");
      const read = parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: Object.fromEntries(parameters) }));
      expect(read).toEqual(challenges.map((each) => ({ ...each, parameters: { ...each.parameters } })));
    }),
  );
});
