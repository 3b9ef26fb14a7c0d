import { globSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { defaultStore, openStore, storeAddress, storeExamples } from "../../../webhook/stores/index.ts";

const wrong: readonly (readonly [address: string, problem: string])[] = [
  ["", "expected an address such as sqlite:/var/lib/fairlead/fairlead.db"],
  ["sqlite:", "expected an address such as sqlite:/var/lib/fairlead/fairlead.db"],
  ["fairlead.db", "expected an address such as sqlite:/var/lib/fairlead/fairlead.db"],
  [
    "sqlit:fairlead.db",
    'there is no kind of store "sqlit": expected an address such as sqlite:/var/lib/fairlead/fairlead.db; did you mean "sqlite"?',
  ],
  [
    "mysql://user:canary@db/fairlead",
    'there is no kind of store "mysql": expected an address such as sqlite:/var/lib/fairlead/fairlead.db',
  ],
];

test.each(wrong)(
  "the address %j of no store is refused with the kinds that there are, and without a password",
  async (address, problem) => {
    await expect(openStore(address)).rejects.toThrow(`open store: ${problem}`);
    const text = `version: 1\nstore: ${JSON.stringify(address)}\n`;
    expect(() => readConfig(text, { path: "fairlead.yaml", receivers, pipelines })).toThrow(`fairlead.yaml:2:8 store: ${problem}`);
  },
);

test("the default and every example are addresses of stores", () => {
  expect([defaultStore, ...storeExamples].filter((address) => !storeAddress.test(address))).toEqual([]);
});

test("no file outside webhook/stores/ names a kind of store", () => {
  const kinds = readdirSync("webhook/stores")
    .map((name) => basename(name, ".ts"))
    .filter((name) => !["index", "lifecycle"].includes(name));
  const files = globSync(["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"]).filter((file) => !file.startsWith("webhook/stores/"));
  const named = files.filter((file) => new RegExp(`\\b(${kinds.join("|")})`, "i").test(readFileSync(file, "utf8")));
  expect([new Set(kinds), named]).toEqual([new Set(["sqlite"]), []]);
});
