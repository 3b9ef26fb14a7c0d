import fc from "fast-check";
import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { formatRepository, parseRepository, repositoryPage } from "../../../src/core/git/repository.ts";

test.each([
  ["https://github.com/acme/app", "github.com/acme/app", "https", "https://github.com/acme/app"],
  ["https://GitHub.com/acme/app.git", "github.com/acme/app", "https", "https://github.com/acme/app.git"],
  ["github.com/acme/app", "github.com/acme/app", "https", "https://github.com/acme/app"],
  ["https://gitlab.com/acme/group/app/", "gitlab.com/acme/group/app", "https", "https://gitlab.com/acme/group/app/"],
  ["http://127.0.0.1:8080/acme/app", "127.0.0.1:8080/acme/app", "http", "http://127.0.0.1:8080/acme/app"],
  ["ssh://git@github.com/acme/app.git", "github.com/acme/app", "ssh", "ssh://git@github.com/acme/app.git"],
  ["ssh://git@[::1]:22/acme/app.git", "[::1]:22/acme/app", "ssh", "ssh://git@[::1]:22/acme/app.git"],
  ["ssh://git@ssh.github.com:443/acme/app.git", "github.com/acme/app", "ssh", "ssh://git@ssh.github.com:443/acme/app.git"],
  ["ssh://git@altssh.gitlab.com:443/acme/app.git", "gitlab.com/acme/app", "ssh", "ssh://git@altssh.gitlab.com:443/acme/app.git"],
  ["https://ssh.github.com:444/acme/app", "ssh.github.com:444/acme/app", "https", "https://ssh.github.com:444/acme/app"],
  ["git@github.com:acme/app.git", "github.com/acme/app", "ssh", "git@github.com:acme/app.git"],
])("the repository %s is parsed", (text, name, transport, url) => {
  const repository = parseRepository(text);
  expect({ name: formatRepository(repository), transport: repository.transport, url: repository.url }).toEqual({ name, transport, url });
});

test.each([
  ["", "it is no URL"],
  ["acme", "it is no URL"],
  ["./app", "it is no URL"],
  ["/srv/app", "it is no URL"],
  ["file:///srv/app", "file is not supported"],
  ["git://github.com/acme/app", "git is not supported"],
  ["ext::sh -c touch% /tmp/x", "it is no URL"],
  ["https://github.com", "it has no path"],
  ["https://github.com/acme/app?x=1", "it has a query"],
  ["https://github.com/acme/app#main", "it has a query or a fragment"],
  ["https://github.com/-acme/app", "it has no path"],
  ["https://github.com/acme%20x/../", "it has no path"],
  ["https://github.com/acme/app%0ahost=github.com", "it has a control character"],
  ["https://github.com/acme/app%7F", "it has a control character"],
  ["ssh://-oProxyCommand=touch/acme/app", "its host is an option of a program"],
  ["ssh://-oProxyCommand=touch@github.com/acme/app", "its host is an option of a program"],
])("the repository %s is refused", (text, why) => {
  expect(() => parseRepository(text)).toThrow(expect.objectContaining({ code: "input", message: expect.stringContaining(why) as string }));
});

test("a credential in a URL is refused and not repeated", () => {
  for (const url of [
    "https://x-access-token:ghp_secret1@github.com/acme/app",
    "https://ghp_secret1@github.com/acme/app",
    "ssh://git:ghp_secret1@github.com/a",
  ]) {
    expect(() => parseRepository(url)).toThrow(
      expect.objectContaining({ code: "input", message: expect.not.stringContaining("ghp_secret1") as string }),
    );
  }
});

test("a formatted repository name parses to the same repository", () => {
  const name = fc.tuple(
    fc.stringMatching(/^[a-z]{1,8}\.[a-z]{2,3}(:[1-9][0-9]{3})?$/),
    fc.array(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,8}$/), { minLength: 1, maxLength: 4 }),
  );
  fc.assert(
    fc.property(name, ([host, path]) => {
      const text = `${host}/${path.join("/")}`;
      expect(formatRepository(parseRepository(text))).toBe(text);
      expect(repositoryPage(parseRepository(text))).toBe(`https://${text}`);
    }),
  );
});

test("any text is a repository or an input error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^[a-z@:/.%#?-]{1,40}$/)), (text) => {
      try {
        parseRepository(text);
      } catch (error) {
        if (!(error instanceof FairleadError)) throw error;
        expect(error.code).toBe("input");
      }
    }),
    { numRuns: 2_000 },
  );
});
