import { expect, test } from "vitest";
import { parseRepository } from "../../../src/core/git/repository.ts";
import { settleTransport } from "../../../src/core/git/transport.ts";

const servers = { plainHttp: ["Git.Example.com", "10.0.0.5:8080"] };

test.each([
  ["github.com/acme/app", "https://github.com/acme/app"],
  ["git.example.com/acme/app", "http://git.example.com/acme/app"],
  ["GIT.example.com/acme/app.git", "http://git.example.com/acme/app"],
  ["git.example.com:8443/acme/app", "https://git.example.com:8443/acme/app"],
  ["10.0.0.5:8080/acme/app", "http://10.0.0.5:8080/acme/app"],
  ["10.0.0.5/acme/app", "https://10.0.0.5/acme/app"],
  ["127.0.0.1:3000/acme/app", "http://127.0.0.1:3000/acme/app"],
  ["localhost/acme/app", "http://localhost/acme/app"],
  ["LocalHost:3000/acme/app", "http://localhost:3000/acme/app"],
  ["[::1]:3000/acme/app", "http://[::1]:3000/acme/app"],
  ["https://git.example.com/acme/app", "https://git.example.com/acme/app"],
  ["https://127.0.0.1:3000/acme/app", "https://127.0.0.1:3000/acme/app"],
  ["http://github.com/acme/app", "http://github.com/acme/app"],
  ["ssh://git@127.0.0.1:3000/acme/app", "ssh://git@127.0.0.1:3000/acme/app"],
  ["git@git.example.com:acme/app", "git@git.example.com:acme/app"],
])("a run reaches the repository %s at %s", (text, url) => {
  const settled = settleTransport(parseRepository(text), servers);
  expect(settled).toEqual(parseRepository(url));
  expect(settled.url).toBe(url);
});
