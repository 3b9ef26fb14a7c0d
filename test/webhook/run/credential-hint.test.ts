import { expect, test } from "vitest";
import { FairleadError, type WantedCredential } from "../../../src/core/errors.ts";
import { withCredentialHint } from "../../../webhook/run/credential-hint.ts";

const fleet: WantedCredential = { kind: "token", for: "github.com/acme/fleet" };

/** Returns the hint of a run's error. */
function hintOf(
  code: "unauthenticated" | "not_found",
  wanted: WantedCredential,
  names: readonly string[],
  hint?: string,
): string | undefined {
  const credentials = Object.fromEntries(names.map((name) => [name, { token: "env:TOKEN" }]));
  return withCredentialHint(new FairleadError(code, "it failed", { hint, wanted }), credentials).hint;
}

test.each([
  ["a token", fleet, "name it below credentials of fairlead.yaml: github.com/acme/fleet: { token: env:NAME }"],
  [
    "a login",
    { kind: "password", for: "ghcr.io/acme/app" } as const,
    "name it below credentials of fairlead.yaml: ghcr.io/acme/app: { username: NAME, password: env:NAME }",
  ],
  [
    "the token of a notifier",
    { kind: "token", for: "notifier:slack" } as const,
    "name it below credentials of fairlead.yaml: slack: { token: env:NAME }",
  ],
])("a run of the listener that lacks %s says where the configuration names it", (_, wanted, hint) => {
  expect(hintOf("unauthenticated", wanted, [])).toBe(hint);
});

test("a run whose token is refused says which entry of the configuration it came from", () => {
  expect(hintOf("unauthenticated", fleet, ["github.com"])).toBe(
    "check credentials.github.com of fairlead.yaml: it may be wrong or expired",
  );
  expect(hintOf("not_found", fleet, ["github.com/acme/fleet"], "check its name")).toBe(
    "check its name, and that credentials.github.com/acme/fleet of fairlead.yaml may read it",
  );
});

test("a token for a host of a similar name is not the one that was used", () => {
  expect(hintOf("unauthenticated", fleet, ["github.co", "github.com/acme/fl"])).toContain("name it below credentials");
});
