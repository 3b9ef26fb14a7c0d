import { expect, test } from "vitest";
import { allowSettings } from "../../src/core/server-url.ts";
import { github } from "../../src/git-providers/github.ts";
import { apiUrl } from "../../src/git-providers/github/settings.ts";

test.each([
  ["github.com", undefined, "https://api.github.com"],
  ["acme.ghe.com", undefined, "https://api.acme.ghe.com"],
  ["github.acme.com", undefined, "https://github.acme.com/api/v3"],
  ["github.acme.com", { url: "https://github.acme.com/" }, "https://github.acme.com/api/v3"],
  ["github.acme.com", { url: "https://github.acme.com", api: "https://api.acme.com/v3/" }, "https://api.acme.com/v3"],
  ["github.com", { url: "https://github.acme.com", api: "https://api.acme.com/v3" }, "https://api.github.com"],
  ["10.87.0.1:8080", { url: "http://10.87.0.1:8080" }, "http://10.87.0.1:8080/api/v3"],
])("the API of %s is where the settings %o say", (host, named, expected) => {
  expect(apiUrl(host, allowSettings(github, named, { plainHttp: ["10.87.0.1:8080"] }))).toBe(expected);
});
