/** The events of an App that make events of ours: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
import type { Subscriptions } from "./receiver.ts";

/**
 * GitHub refuses an event whose permission an App does not ask for. What is told of installations is told to every App, and may not be asked for.
 */
export const githubSubscriptions: Subscriptions = {
  push: [{ event: "push", permission: "contents" }],
  tag: [{ event: "push", permission: "contents" }],
  "pull-request": [{ event: "pull_request", permission: "pull_requests" }],
  image: [
    { event: "package", permission: "packages" },
    { event: "registry_package", permission: "packages" },
  ],
  release: [{ event: "release", permission: "contents" }],
  deployment: [
    { event: "deployment", permission: "deployments" },
    { event: "deployment_status", permission: "deployments" },
  ],
  workflow: [{ event: "workflow_run", permission: "actions" }],
  check: [
    { event: "check_run", permission: "checks" },
    { event: "status", permission: "statuses" },
  ],
  comment: [{ event: "issue_comment", permission: "issues" }],
  // only told to an App that may write checks
  rerun: [{ event: "check_run", permission: "checks" }],
};
