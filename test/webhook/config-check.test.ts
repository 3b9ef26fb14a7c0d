import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-config-check-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command where the text is fairlead.yaml. */
async function at(text: string | Buffer, ...args: readonly string[]): Promise<Ended> {
  await writeFile(join(folder, "fairlead.yaml"), text);
  return await startFairlead(args, {}, folder).ended;
}

const head = `version: 1
sources: { github: { kind: github, secrets: "file:nobody/has/it" } }
`;

const right = `${head}routes:
  - name: main
    when: { source: github, kind: push, repository: github.com/acme/app, branch: main }
    run: build
    with: { repository: github.com/acme/app, image: ghcr.io/acme/app }
  - name: released
    when: { source: github, kind: image, image: ghcr.io/acme/app }
    run: notify
    with: { message: "\${{ event.tag }}", to: ["slack:C0123456789"] }
`;

test("config check prints the hash, the sources, the routes and the warnings of a configuration, and reveals nothing of it", async () => {
  const { code, stdout } = await at(right, "config", "check", "--json");
  expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
    code: 0,
    file: "fairlead.yaml",
    hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    sources: ["github"],
    routes: [
      { name: "main", pipeline: "build", source: "github" },
      { name: "released", pipeline: "notify", source: "github" },
    ],
    warnings: [
      {
        ...{ line: 8, column: 5, path: "routes[1]" },
        message: 'route "released" takes each platform\'s manifest of an image too, which has no tag: give when a tag, such as "*"',
      },
    ],
  });
  expect(await readdir(folder)).toEqual(["fairlead.yaml"]);
});

test("config check prints for people what a configuration has", async () => {
  expect(await at(right, "config", "check")).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": "warning: fairlead.yaml:8:5 routes[1]: route "released" takes each platform's manifest of an image too, which has no tag: give when a tag, such as "*"
    ",
      "stdout": "fairlead.yaml has no errors: 1 source, 2 routes
    ROUTE     PIPELINE  SOURCE
    main      build     github
    released  notify    github
    ",
    }
  `);
  expect((await at("version: 1\n", "config", "check", "--config", "../missing.yaml")).stderr).toMatchInlineSnapshot(`
    "fairlead: read ../missing.yaml: it cannot be read (ENOENT)
    hint: name the configuration with --config, or see docs/configuration.md for a first one
    "
  `);
});

test("config check warns of each secret file that others may read or write, at its place in the configuration", async () => {
  await chmod(folder, 0o755);
  const files = { "open.key": 0o644, "group.pem": 0o660, "own.key": 0o600, "service.key": 0o640, known_hosts: 0o644 };
  for (const [name, mode] of Object.entries(files)) {
    await writeFile(join(folder, name), "canary");
    await chmod(join(folder, name), mode);
  }
  const text = `version: 1
credentials:
  github.com: { app: 7, key: file:group.pem }
  git.example.com: { sshKey: file:service.key, sshKnownHosts: file:known_hosts }
sources:
  github: { kind: github, path: file:own.key, secrets: [file:own.key, "file:./open.key"] }
`;
  const { code, stdout, stderr } = await at(text, "config", "check", "--json");
  const { warnings } = JSON.parse(stdout) as { readonly warnings: unknown };
  const told = (name: string, exposure: string): string =>
    `the file ${join(folder, name)} has a secret, and can be ${exposure}: run chmod 600 ${join(folder, name)}`;
  const [ofKey, ofSource] = [told("group.pem", "written by its group (mode 0660)"), told("open.key", "read by everybody (mode 0644)")];
  expect([code, warnings]).toEqual([
    0,
    [
      { line: 3, column: 30, path: 'credentials["github.com"].key', message: ofKey },
      { line: 6, column: 71, path: "sources.github.secrets[1]", message: ofSource },
    ],
  ]);
  expect(stderr).toBe(
    `warning: fairlead.yaml:3:30 credentials["github.com"].key: ${ofKey}\nwarning: fairlead.yaml:6:71 sources.github.secrets[1]: ${ofSource}\n`,
  );
});

test("config check FILE says that --config names the file", async () => {
  expect(await at("version: 1\n", "config", "check", "deploy/fairlead.yaml")).toEqual({
    code: 2,
    stdout: "",
    stderr: 'fairlead: config: unexpected argument "deploy/fairlead.yaml"\nhint: name the configuration by --config deploy/fairlead.yaml\n',
  });
  expect((await at("version: 1\n", "--config", "fairlead.yaml", "config", "check")).stderr).toBe(
    "fairlead: unknown flag --config before the command config\nhint: write the flags of a command after it: fairlead config --config …\n",
  );
});

test("config check reads a file with a byte order mark of UTF-8, and refuses UTF-16 in one line", async () => {
  expect(await at("\ufeffversion: 1\n", "config", "check")).toMatchObject({ code: 0, stderr: "" });
  expect((await at("\ufeffversion: 2\n", "config", "check")).stderr.split("\n")[0]).toMatch(
    /^fairlead: config: fairlead.yaml:1:10 version: /,
  );
  for (const text of ["\ufeffversion: 1\n", "version: 1\n"].flatMap((each) => [
    Buffer.from(each, "utf16le"),
    Buffer.from(each, "utf16le").swap16(),
  ])) {
    expect(await at(text, "config", "check")).toEqual({
      code: 2,
      stdout: "",
      stderr: "fairlead: read fairlead.yaml: it is UTF-16, not UTF-8\nhint: save fairlead.yaml as UTF-8\n",
    });
  }
});

/** A mistake of each kind: of the schema, of a secret, of a name, of an event, of YAML's keys, of another part. */
const wrong = `${head}listen: { prt: 80 }
retention: 30
retention: 30d
credentials: { github.com: { token: ghp_canary } }
routes:
  - name: main
    when: { source: github, kind: push, repository: github.com/acme/app, branch: main }
    run: build
    with: { repositry: github.com/acme/app, image: "ghcr.io/acme/app:\${{ event.comit }}" }
  - name: main
    when: { source: gitub, kind: tag, repository: github.com/acme/app, tag: "*" }
    run: notify
    with: { message: hi, to: ["slack:C0123456789"] }
    timeout: 30
`;

test("config check tells all problems of a configuration at once, each with its place, and repeats no secret", async () => {
  const { code, stdout } = await at(wrong, "config", "check", "--json");
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; problems: readonly object[] } };
  expect({ code, error: error.code, problems: error.problems.map((each) => Object.values(each).join(" | ")) }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "error": "input",
      "problems": [
        "fairlead.yaml | 3 | 11 | listen.prt | there is no such field; did you mean "port"?",
        "fairlead.yaml | 5 | 1 |  | this key is there twice",
        "fairlead.yaml | 6 | 37 | credentials["github.com"].token | expected where the secret is: env:NAME, file:PATH or cmd:COMMAND",
        "fairlead.yaml | 11 | 13 | routes[0].with.repositry | there is no such field; did you mean "repository"?",
        "fairlead.yaml | 11 | 52 | routes[0].with.image | an event of kind push has no field "comit"; did you mean "commit"?",
        "fairlead.yaml | 12 | 11 | routes[1].name | another route has this name",
        "fairlead.yaml | 13 | 21 | routes[1].when.source | there is no source "gitub"; did you mean "github"?",
        "fairlead.yaml | 16 | 14 | routes[1].timeout | it has no unit: say 30m",
      ],
    }
  `);
  expect(Object.keys(error.problems[0]!)).toEqual(["file", "line", "column", "path", "message"]);
  expect(stdout).not.toContain("canary");
});

test.each([["serve"], ["sources"], ["deliveries", "resend", "000000"]])(
  "%s of a configuration with problems has the same problems in its JSON as config check",
  async (...args) => {
    const problems = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { error: { problems: unknown } }).error.problems;
    const checked = await at(wrong, "config", "check", "--json");
    expect(problems(await at(wrong, ...args, "--json"))).toEqual(problems(checked));
  },
);

test("config check tells of each time without a unit what to say, of the pipeline's own fields too", async () => {
  const text = `${head}retention: 30
workers: { lease: "30" }
routes:
  - name: main
    when: { source: github, kind: push, repository: github.com/acme/app, branch: main }
    run: deploy
    waitForImage: 0
    with: { images: ["ghcr.io/acme/app:1"], fluxRepository: github.com/acme/fleet, wait: merged, timeout: 30 }
`;
  const { stdout } = await at(text, "config", "check", "--json");
  const { error } = JSON.parse(stdout) as { error: { problems: readonly { path: string; message: string }[] } };
  expect(error.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    "retention: it has no unit: say 30m",
    "workers.lease: it has no unit: say 30m",
    "routes[0].waitForImage: it has no unit: say 0s",
    "routes[0].with.timeout: it has no unit: say 30m",
  ]);
});

test("config check lists in its JSON more problems than its text shows", async () => {
  const many = `version: 1\nlimits:\n${Array.from({ length: 60 }, (_, at) => `  none${at}: 1\n`).join("")}`;
  const { stdout, stderr } = await at(many, "config", "check", "--json");
  const { error } = JSON.parse(stdout) as { error: { problems: readonly object[] } };
  expect([error.problems.length, stderr.split("\n").length, stderr.includes("fairlead.yaml: and 10 more")]).toEqual([60, 53, true]);
});

test("a command without a flag that it needs has the flag in the problems of its JSON", async () => {
  const { code, stdout } = await startFairlead(["notify", "--json", "--nope"], {}, folder).ended;
  expect({ code, ...(JSON.parse(stdout) as object) }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "error": {
        "code": "input",
        "hint": "run fairlead notify --help",
        "message": "notify: unknown flag --nope; notify: MESSAGE: it is missing; notify: --to: it is missing",
        "problems": [
          {
            "column": null,
            "file": null,
            "line": null,
            "message": "unknown flag --nope",
            "path": null,
          },
          {
            "column": null,
            "file": null,
            "line": null,
            "message": "it is missing",
            "path": "MESSAGE",
          },
          {
            "column": null,
            "file": null,
            "line": null,
            "message": "it is missing",
            "path": "--to",
          },
        ],
      },
    }
  `);
});
