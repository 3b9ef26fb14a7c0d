import type { GitEvent } from "../../../src/core/event/git.ts";
import { anyOf, boundRepository, flag, optional, patterns } from "../conditions.ts";
import type { KindsOf } from "./event-kind.ts";
import { app, commit, origin } from "./samples.ts";

/** Kinds of events of a Git repository and of its provider. */
export const gitKinds: KindsOf<GitEvent> = {
  push: {
    sample: { ...origin, kind: "push", repository: app, branch: "main", commit, before: commit },
    when: { repository: boundRepository, branch: patterns("branches") },
    lane: "${{ event.repository }} ${{ event.branch }}",
    policy: "newest",
  },
  tag: {
    sample: { ...origin, kind: "tag", repository: app, tag: "v1.2.3", commit },
    when: { repository: boundRepository, tag: patterns("tags") },
    lane: "${{ event.repository }} ${{ event.tag }}",
    policy: "every",
  },
  "pull-request": {
    sample: {
      ...origin,
      kind: "pull-request",
      repository: app,
      number: 7,
      action: "merged",
      branch: "topic",
      commit,
      base: "main",
      fork: false,
      mergeCommit: commit,
    },
    when: {
      repository: boundRepository,
      base: patterns("base branches of the pull request"),
      branch: optional(patterns("head branches of the pull request")),
      action: anyOf(["opened", "updated", "merged", "closed"], "change of the pull request"),
    },
    lane: "${{ event.repository }} #${{ event.number }}",
    policy: "newest",
  },
  release: {
    sample: { ...origin, kind: "release", repository: app, tag: "v1.2.3", action: "published", prerelease: false },
    when: {
      repository: boundRepository,
      tag: optional(patterns("tags")),
      action: optional(anyOf(["published"], "change of the release")),
      prerelease: optional(flag("true for prereleases alone, false for all others")),
    },
    lane: "${{ event.repository }} ${{ event.tag }}",
    policy: "every",
  },
  comment: {
    sample: { ...origin, kind: "comment", repository: app, number: 7, author: "octocat", permission: "unknown", text: "/deploy" },
    when: { repository: boundRepository },
    lane: "${{ event.repository }} #${{ event.number }}",
    policy: "every",
  },
  check: {
    sample: { ...origin, kind: "check", repository: app, commit, context: "ci/test", state: "success", fork: false },
    when: {
      repository: boundRepository,
      context: optional(patterns("names of statuses and checks")),
      state: anyOf(["error", "failure", "pending", "success"], "new state of the status or check"),
    },
    lane: "${{ event.repository }} ${{ event.commit }}",
    policy: "every",
  },
  workflow: {
    sample: {
      ...{ ...origin, kind: "workflow", repository: app, id: "30433642", name: "CI" },
      ...{ state: "completed", conclusion: "success", commit, fork: false },
    },
    when: {
      repository: boundRepository,
      name: optional(patterns("workflows")),
      state: anyOf(["requested", "in_progress", "completed"], "state of the run of the workflow"),
      conclusion: optional(
        anyOf(
          ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale", "startup_failure"],
          "conclusion of the run",
        ),
      ),
    },
    lane: "${{ event.repository }} ${{ event.name }}",
    policy: "every",
  },
  deployment: {
    sample: {
      ...origin,
      kind: "deployment",
      repository: app,
      id: "145988746",
      environment: "production",
      state: "success",
      commit,
      ref: "main",
      url: "https://app.example.com",
      branch: "topic",
      pullRequest: 7,
      fork: false,
    },
    when: {
      repository: boundRepository,
      environment: optional(patterns("environments")),
      state: anyOf(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"], "new status of the deployment"),
    },
    lane: "${{ event.repository }} ${{ event.environment }}",
    policy: "every",
  },
  installation: {
    sample: { ...origin, kind: "installation", account: "github.com/acme", action: "added", repositories: [app] },
    when: {
      account: optional(patterns("accounts, as HOST/ACCOUNT")),
      action: optional(
        anyOf(["created", "deleted", "suspended", "unsuspended", "permissions-accepted", "added", "removed"], "change of the installation"),
      ),
    },
    lane: "${{ event.account }}",
    policy: "every",
  },
};
