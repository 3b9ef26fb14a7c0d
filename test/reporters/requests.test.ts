import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reporters } from "../../src/reporters/index.ts";
import { countRequests, requestsTable } from "./requests.ts";

/** A table without what makes its source straight. */
const plain = (text: string): string => text.replace(/ +/g, " ").replace(/-+/g, "-");

test("each report of a run sends as many requests as docs/reports.md says", async () => {
  const asking = reporters.filter(({ name }) => name !== "summary"); // it is a file
  const table = requestsTable(await Promise.all(asking.map((reporter) => countRequests(reporter))));
  const listed = plain(readFileSync("docs/reports.md", "utf8"));
  for (const line of plain(table).trimEnd().split("\n")) expect(listed).toContain(line);
});
