// Whoever may push to a repository that fairlead builds: its files, its Dockerfile, the names of its branches.
import { access, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead, type Ended } from "../cli.ts";
import { callError } from "../dagger-call.ts";
import { git } from "../doubles/bare.ts";
import { commitTree, gitmodules, pushTree, type PushedEntry } from "../doubles/pushed-tree.ts";
import { startRecorder, type Recorder } from "../doubles/recorder.ts";
import { opens, startBridgeWorld } from "../module-call/world.ts";
import { readPublished } from "../pipelines/published.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { applicationFiles, token } from "../pipelines/world.ts";

/** A Git host whose token opens all of it, and a registry. */
let world: { readonly github: GitHub; readonly registry: Registry; readonly env: Readonly<Record<string, string>> };
let other: Recorder;
let scratch: string;
let secret: string;
let secretHead: string;
beforeAll(async () => {
  const github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["*"] } } });
  const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: token };
  world = { github, registry: await startRegistry(), env };
  other = await startRecorder();
  scratch = await mkdtemp(join(tmpdir(), "fairlead-attack-pusher-"));
  secret = await world.github.createRepository("acme/secret", { private: true, files: { "payroll.txt": "TOP-SECRET-PAYROLL\n" } });
  secretHead = await git(secret, ["rev-parse", "main"]);
});
afterAll(async () => {
  await other.stop();
  await world.github.stop();
  await world.registry.stop();
  await rm(scratch, { recursive: true, force: true });
});

const dockerfile: PushedEntry = { path: "Dockerfile", mode: "100644", content: "FROM scratch\nCOPY . /\n" };
let count = 0;

/** Pushes a commit with these entries to a private repository of its own, and returns the repository's name. */
async function pushed(...entries: readonly PushedEntry[]): Promise<string> {
  const name = `acme/pushed-${(count += 1)}`;
  const bare = await world.github.createRepository(name, { private: true });
  await pushTree(bare, "main", [dockerfile, ...entries]);
  return name;
}

/** Returns the entries of a submodule, as its author pushes them. */
function submodule(url: string, sha = secretHead, path = "sub"): readonly PushedEntry[] {
  return [
    { path: ".gitmodules", mode: "100644", content: gitmodules(path, url) },
    { path, mode: "160000", content: sha },
  ];
}

interface Attempt {
  readonly ended: Ended;
  /** The repositories that were asked for. */
  readonly asked: readonly string[];
  readonly content: readonly Buffer[];
}

/** Builds a repository with the token that opens all of the host. */
async function build(name: string, ...more: readonly string[]): Promise<Attempt> {
  const before = world.github.requests.length;
  const ended = await fairlead(["build", `${world.github.url}/${name}`, "--image", `${world.registry.host}/${name}:1`, ...more], world.env);
  const paths = world.github.requests.slice(before).map(({ path }) => /^\/([\w-]+\/[\w-]+?)(?:\.git)?\//.exec(path)?.[1] ?? path);
  const { content = [] } = (await readPublished(world.registry, name, "1")) ?? {};
  return { ended, asked: [...new Set(paths)], content };
}

function told({ stderr }: Ended): string {
  const lines = stderr.split("\n").filter((line) => /^(fairlead|hint): /.test(line));
  return lines.join("\n").replaceAll(world.github.host, "GITHUB").replaceAll(other.host, "OTHER");
}

describe("2, 24: submodules", () => {
  test.each([
    ["by its URL", () => `${world.github.url}/acme/secret.git`],
    ["beside the repository", () => "../secret.git"],
    ["over many folders up", () => "../../../../acme/secret"],
  ])("2: a submodule that names another private repository %s is refused, and the repository is not asked", async (_how, url) => {
    const name = await pushed(...submodule(url()));
    const { ended, asked, content } = await build(name);
    expect([ended.code, asked, content]).toEqual([2, [name], []]);
    expect(told(ended)).toMatch(
      /fetch submodule sub of GITHUB\/acme\/pushed-\d+: it is GITHUB\/acme\/secret, which the run does not name\nhint: name it with --submodule /,
    );
  });

  test.each([
    ["another host, by a full URL", () => `${other.url}/acme/lib.git`],
    ["this machine", () => other.url.replace("127.0.0.1", "localhost") + "/acme/lib"],
    ["a program", () => `ext::sh -c "touch ${scratch}/pwned"`],
    ["an option of ssh", () => `ssh://-oProxyCommand=touch ${scratch}/pwned/x`],
    ["an option of Git", () => `--upload-pack=touch ${scratch}/pwned`],
    ["a folder", () => `file://${secret}`],
    ["a path", () => secret],
    ["nothing", () => ""],
  ])("24: a submodule that names %s is refused, and nothing is asked or run", async (_what, url) => {
    const name = await pushed(...submodule(url()));
    const { ended, asked } = await build(name, "--submodule", `${world.github.url}/acme/secret`);
    expect([ended.code, asked, other.requests]).toEqual([2, [name], []]);
    await expect(access(join(scratch, "pwned"))).rejects.toThrow("ENOENT");
  });

  test("2: a submodule whose repository the run names is built, with the credential of its own", async () => {
    const name = await pushed(...submodule("../secret.git"));
    const { ended, asked, content } = await build(name, "--submodule", `${world.github.url}/acme/secret`);
    expect([ended.code, asked], ended.stderr).toEqual([0, [name, "acme/secret"]]);
    expect(content.some((bytes) => bytes.includes("TOP-SECRET-PAYROLL"))).toBe(true);
  });

  test("2: the token that is given for the repository alone is not used for its submodule", async () => {
    const name = await pushed(...submodule("../secret.git"));
    const args = ["build", `${world.github.url}/${name}`, "--image", `${world.registry.host}/${name}:1`, "--token", "env:TOKEN"];
    const ended = await fairlead([...args, "--submodule", `${world.github.url}/acme/secret`], { TOKEN: token });
    expect([ended.code, told(ended)]).toEqual([3, expect.stringContaining("GITHUB/acme/secret: the server wants a credential") as string]);
  });

  test("2: a submodule of a named submodule has to be named too", async () => {
    const inner = await pushed(...submodule("../secret.git"));
    const folder = await world.github.createRepository(`${inner}-outer`, { private: true });
    const bare = folder.replace("-outer.git", ".git");
    await pushTree(folder, "main", [dockerfile, ...submodule(`../${inner.split("/")[1]}`, await git(bare, ["rev-parse", "main"]))]);
    const { ended, asked } = await build(`${inner}-outer`, "--submodule", `${world.github.url}/${inner}`);
    expect([ended.code, asked]).toEqual([2, [`${inner}-outer`, inner]]);
    expect(told(ended)).toContain("it is GITHUB/acme/secret, which the run does not name");
  });

  test("59: a submodule whose path ends in a carriage return (CVE-2025-48384) is refused, and no hook is written", async () => {
    const path = "sub\r";
    const name = await pushed(
      { path: ".gitmodules", mode: "100644", content: `[submodule "x"]\n\tpath = "sub\r"\n\turl = ../secret\n` },
      { path, mode: "160000", content: secretHead },
    );
    const { ended, asked } = await build(name, "--submodule", `${world.github.url}/acme/secret`);
    expect([ended.code, asked]).toEqual([2, [name]]);
  });

  test("a submodule below a link writes nothing where the link leads", async () => {
    const name = `acme/linked`;
    const bare = await world.github.createRepository(name, { private: true });
    const blob = async (input: string): Promise<string> => await git(bare, ["hash-object", "-w", "--stdin"], { input });
    const inner = await git(bare, ["mktree", "--missing"], { input: `160000 commit ${secretHead}\tsub\n` });
    const lines = [
      `100644 blob ${await blob(gitmodules("a/sub", "../secret"))}\t.gitmodules`,
      `100644 blob ${await blob(dockerfile.content)}\tDockerfile`,
      `120000 blob ${await blob(scratch)}\ta`,
      `040000 tree ${inner}\ta`,
    ];
    await commitTree(bare, "main", await git(bare, ["mktree", "--missing"], { input: `${lines.join("\n")}\n` }));
    await build(name, "--submodule", `${world.github.url}/acme/secret`);
    expect((await readdir(scratch)).filter((each) => each !== "of-this-machine")).toEqual([]);
  });
});

describe("files that are no files", () => {
  test.each([".git/config", ".GIT/config", "../outside", "a/../../outside", ".git"])(
    "a commit that has a file %s is refused",
    async (path) => {
      const name = `acme/odd-${(count += 1)}`;
      const bare = await world.github.createRepository(name, { private: true });
      const [file, text] = [
        await git(bare, ["hash-object", "-w", "--stdin"], { input: "[core]\n" }),
        await git(bare, ["hash-object", "-w", "--stdin"], { input: dockerfile.content }),
      ];
      const nest = async (parts: readonly string[]): Promise<string> => {
        const [first = "", ...rest] = parts;
        const [mode, sha] = rest.length === 0 ? ["100644", file] : ["40000", await nest(rest)];
        const entries = [Buffer.from(`${mode} ${first}\0`), Buffer.from(sha, "hex")];
        const own = [Buffer.from("100644 Dockerfile\0"), Buffer.from(text, "hex")];
        const input = Buffer.concat(first < "Dockerfile" ? [...entries, ...own] : [...own, ...entries]);
        return await git(bare, ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], { input });
      };
      await commitTree(bare, "main", await nest(path.split("/")));
      const { ended } = await build(name);
      expect([ended.code, told(ended)]).toEqual([
        6,
        expect.stringMatching(/fetch GITHUB\/acme\/odd-\d+: Git refuses to write its files/) as string,
      ]);
    },
  );

  test("a Dockerfile that is a link to a file of this machine is not read", async () => {
    const file = join(scratch, "of-this-machine");
    await writeFile(file, "NOT-FOR-YOU\n");
    const name = "acme/link-out";
    const bare = await world.github.createRepository(name, { private: true });
    await pushTree(bare, "main", [{ path: "Dockerfile", mode: "120000", content: file }]);
    const { ended } = await build(name);
    expect([ended.code === 0, told(ended)]).toEqual([false, expect.stringMatching(/^fairlead: build /) as string]);
    expect(ended.stderr).not.toContain("NOT-FOR-YOU");
  });

  test("a link to a file of this machine is copied as a link", async () => {
    const name = await pushed({ path: "stolen", mode: "120000", content: join(scratch, "of-this-machine") });
    const { ended, content } = await build(name);
    expect([ended.code, content.some((bytes) => bytes.includes("NOT-FOR-YOU"))], ended.stderr).toEqual([0, false]);
  });

  test("attributes of a commit run no filter, and a pointer to a large file stays one", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 1\n";
    const name = await pushed(
      { path: ".gitattributes", mode: "100644", content: "* filter=lfs diff=lfs\n" },
      { path: "big", mode: "100644", content: pointer },
    );
    const { ended, content } = await build(name);
    expect([ended.code, content.some((bytes) => bytes.includes(pointer))], ended.stderr).toEqual([0, true]);
  });
});

describe("40: options in names", () => {
  test.each([
    ["--ref", "--ref=--upload-pack=touch PWNED"],
    ["--ref of one letter", "--ref=-x"],
    ["--ref with a shell's characters", "--ref=$(touch PWNED);`touch PWNED`"],
    ["a branch of Git's syntax", "--ref=main:refs/heads/../../x"],
    ["--ref with a line break", "--ref=main\nrefs/heads/main"],
  ])("40: %s is no option of Git", async (_what, arg) => {
    const name = await pushed();
    const { ended, asked } = await build(name, arg.replaceAll("PWNED", join(scratch, "pwned")));
    expect([ended.code === 0, asked.filter((each) => each !== name)]).toEqual([false, []]);
    await expect(access(join(scratch, "pwned"))).rejects.toThrow("ENOENT");
  });

  test.each([
    "ssh://-oProxyCommand=touch PWNED/x",
    "ext::sh -c touch% PWNED",
    "file:///etc",
    "https://h/a/-b",
    "http://169.254.169.254/a/b",
    "--upload-pack=touch PWNED",
  ])("40: the repository %s is refused", async (url) => {
    const named = url.replace("PWNED", join(scratch, "pwned"));
    const { code } = await fairlead(["build", "--image", `${world.registry.host}/acme/x:1`, "--", named], world.env);
    expect(code).toBe(2);
    await expect(access(join(scratch, "pwned"))).rejects.toThrow("ENOENT");
  });
});

describe("41, 42, 43: Dockerfiles", () => {
  let next = 0;
  const run = async (text: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const name = `acme/docker-${(next += 1)}`;
    await world.github.createRepository(name, {
      private: true,
      files: await applicationFiles(`FROM scratch\nCOPY busybox /bin/busybox\n${text}\n`),
    });
    const args = ["build", `${world.github.url}/${name}`, "--image", `${world.registry.host}/${name}:1`, "--verbose"];
    return await fairlead(args, { ...world.env, ...env });
  };
  const shell = (options: string, command: string): string => `RUN ${options} ["/bin/busybox", "sh", "-c", ${JSON.stringify(command)}]`;

  test.each([
    ["git token for HOST/acme/app", "41"],
    ["password for REGISTRY", "41"],
    ["GITHUB_TOKEN", "41"],
  ])("41: the Dockerfile's secret %s is not there", async (id) => {
    const named = id.replace("HOST", world.github.host).replace("REGISTRY", world.registry.host);
    const { code, stderr } = await run(shell(`--mount=type=secret,id=${named.replaceAll(" ", "\\ ")},required=true`, "true"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("and no secret has that id") as string]);
    expect(stderr).not.toContain(token);
  });

  test.each([
    ["of all capabilities", "--security=insecure", "true"],
    ["of the host's network", "--network=host", "true"],
    ["of an SSH agent", "--mount=type=ssh,required=true", "true"],
    ["of a folder of the host", "--mount=type=bind,source=/../../etc,target=/host", "/bin/busybox cat /host/shadow"],
  ])("42: a step that asks for the use %s fails", async (_what, options, command) => {
    const { code, stderr } = await run(shell(options, command));
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(/^fairlead: build /m) as string]);
    expect(stderr).not.toContain("root:");
  });

  test("43: what a build prints begins no line of a GitHub Actions log with a workflow command", async () => {
    const bad = "::set-output name=x::y\\r::add-mask::z\\n##[command]x\\n\\033[2J::debug::w";
    const { code, stdout, stderr } = await run(shell("", `/bin/busybox printf '${bad}\\n'; /bin/busybox printf '${bad}\\n' >&2`), {
      GITHUB_ACTIONS: "true",
    });
    const own = /^::(group::|endgroup::|stop-commands::|error|warning|notice)/;
    const commands = `${stdout}\n${stderr}`.split(/\r\n|\r|\n/).filter((line) => /^\s*(::|##\[)/.test(line) && !own.test(line));
    expect([code, commands.filter((line) => /set-output|add-mask|debug|##\[/.test(line))], stderr).toEqual([0, []]);
  });
});

describe("2, 3: a call of the Dagger module", () => {
  test("2, 3: with a token, no request of Git's own protocol is made, and a submodule is refused", { timeout: 900_000 }, async () => {
    await using bridge = await startBridgeWorld();
    const { github } = bridge;
    const hidden = await github.createRepository("acme/secret", { private: true, files: { "payroll.txt": "TOP-SECRET-PAYROLL\n" } });
    const bare = await github.createRepository("acme/parent", { private: true });
    await pushTree(bare, "main", [dockerfile, ...submodule("../secret.git", await git(hidden, ["rev-parse", "main"]))]);
    const before = github.requests.length;
    const input = [`--repository=${bridge.url("acme/parent")}`, opens.repository];
    const refused = "which the run does not name";
    expect(callError(await bridge.call("build", ...input, `--image=${bridge.image("parent")}`))).toContain(refused);
    expect(callError(await bridge.call("clone", ...input, "entries"))).toContain(refused);
    const paths = github.requests.slice(before).map(({ path }) => path);
    expect(paths.filter((path) => /info\/refs|git-upload-pack|acme\/secret/.test(path))).toEqual([]);
  });

  test("2: a named submodule that is open to all comes by the API too", { timeout: 900_000 }, async () => {
    await using bridge = await startBridgeWorld();
    const { github } = bridge;
    const lib = await github.createRepository("acme/lib", { files: { "lib.txt": "lib\n" } });
    const bare = await github.createRepository("acme/parent", { private: true });
    await pushTree(bare, "main", [dockerfile, ...submodule("../lib.git", await git(lib, ["rev-parse", "main"]))]);
    const input = [`--repository=${bridge.url("acme/parent")}`, opens.repository, `--submodules=${bridge.url("acme/lib")}`];
    expect(await bridge.result("clone", ...input, "file", "--path=sub/lib.txt", "contents")).toBe("lib");
    expect(github.requests.filter(({ path }) => /info\/refs|git-upload-pack/.test(path))).toEqual([]);
  });
});
