import { expect, test } from "vitest";
import type { Credential } from "../src/core/credential.ts";
import { FairleadError } from "../src/core/errors.ts";
import type { Git } from "../src/core/git/git.ts";
import type { ApiGit, GitProvider } from "../src/core/git/provider.ts";
import { parseRepository } from "../src/core/git/repository.ts";
import { createProviderGit, preferSigned, type ProviderGitOptions } from "../src/provider-git.ts";
import { gitOptions } from "./adapter-options.ts";

/** Git that returns its own name as the SHA of every commit. */
function gitOf(name: string): Git & ApiGit {
  return { resolve: () => Promise.resolve({ sha: name, date: "2026-01-02T03:04:05Z" }) } as unknown as Git & ApiGit;
}

const github: GitProvider = {
  ...{ name: "github", tokenUsername: "x-access-token", words: { pullRequest: "pull request" }, git: gitOf("api") },
  signsCommits: (token) => token.startsWith("ghs_"),
};

/** Returns what Git by an API is made with, where GitHub alone is known. */
function optionsOf(...credentials: readonly Credential[]): ProviderGitOptions {
  return { ...gitOptions(credentials), provider: (host) => (host === "github.com" ? github : undefined) };
}

function token(value: string, host = "github.com"): Credential {
  return { for: host, kind: "token", secret: { name: "token", reveal: () => Promise.resolve(value) } };
}

test.each([
  ["https://github.com/acme/app", "ghs_installation", "api"],
  ["https://github.com/acme/app", "ghp_person", "git"],
  ["git@github.com:acme/app.git", "ghs_installation", "git"],
  ["https://git.example.com/acme/app", "ghs_installation", "git"],
])("Git of %s with the token %s is by %s: GitHub signs what an App commits through its API", async (url, value, expected) => {
  const git = preferSigned(gitOf("git"), optionsOf(token(value), token(value, "git.example.com")));
  expect(await git.resolve(parseRepository(url), undefined)).toMatchObject({ sha: expected });
});

test("a module uses Git by the provider's API; the engine fetches what is open to all", async () => {
  const repository = parseRepository("https://github.com/acme/app");
  const wanted = { repository, sha: "1".repeat(40), date: "2026-01-02T03:04:05Z", submodules: [] };
  const git = createProviderGit(optionsOf());
  expect(await git.resolve(repository, undefined)).toMatchObject({ sha: "api" });
  expect(await git.fetchFiles(wanted)).toBeUndefined();
});

test.each([
  ["git@github.com:acme/app.git", "use github.com/acme/app over SSH: a Dagger module has no ssh"],
  ["https://git.example.com/acme/app", "use git.example.com/acme/app: a Dagger module has no git, and no API is known for git.example.com"],
])("a module cannot reach %s", async (url, message) => {
  const git = createProviderGit(optionsOf());
  await expect(git.checkAccess(parseRepository(url))).rejects.toMatchObject({ code: "unsupported", message });
});

test.each(["ssh-key", "known-hosts"] as const)("a module refuses a credential %s before any work", (kind) => {
  const key = { ...token("key"), kind };
  expect(() => createProviderGit(optionsOf(key))).toThrow(
    new FairleadError("unsupported", "use Git over SSH: a Dagger module has no ssh", {
      hint: "give the repository's https URL and a token, or run the fairlead command line",
    }),
  );
});
