import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startFairlead } from "../cli.ts";
import { startSlack } from "../doubles/slack.ts";

test("a run and doctor warn of each secret file of a configuration that is named and that others may read, and the run goes on", async () => {
  await using slack = await startSlack({
    tokens: { "xoxb-canary": { scopes: ["chat:write"] } },
    channels: [{ id: "C0123456789", name: "releases", member: true }],
  });
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-named-"));
  stack.defer(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const files = { "open.token": 0o644, "group.token": 0o620, "own.token": 0o600, "service.token": 0o640, known_hosts: 0o644 };
  for (const [name, mode] of Object.entries(files)) {
    await writeFile(join(folder, name), "xoxb-canary");
    await chmod(join(folder, name), mode);
  }
  await writeFile(
    join(folder, "fairlead.yaml"),
    `version: 1
credentials:
  slack: { token: file:open.token }
  a.example.com: { token: file:open.token }
  b.example.com: { token: file:group.token }
  c.example.com: { token: file:own.token }
  d.example.com: { sshKey: file:service.token, sshKnownHosts: file:known_hosts }
`,
  );
  const run = async (...args: readonly string[]) => await startFairlead(args, { SLACK_API_URL: slack.url, HOME: folder }, folder).ended;
  const warnings = `warning: the file ${folder}/open.token has a secret, and can be read by everybody (mode 0644): run chmod 600 ${folder}/open.token
warning: the file ${folder}/group.token has a secret, and can be written by its group (mode 0620): run chmod 600 ${folder}/group.token
`;
  const notify = ["notify", "1.4.3 is out", "--to", "slack:C0123456789", "--json"];
  const sent = await run(...notify, "--config", "fairlead.yaml");
  expect([sent.code, sent.stderr.slice(0, warnings.length), slack.messages.length]).toEqual([0, warnings, 1]);
  expect((await run(...notify)).stderr).not.toContain("warning"); // a file that is only found names no secret
  expect((await run("doctor", "--config", "fairlead.yaml", "--json")).stderr).toContain(warnings);
});
