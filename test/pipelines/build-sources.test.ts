import { execFile } from "node:child_process";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git, gitEnvironment } from "../doubles/bare.ts";
import { startSshServer, type SshServer } from "../doubles/sshd.ts";
import { readPublished } from "./published.ts";
import { gitToken, noEngine, startWorkshop, type Workshop } from "./workshop.ts";

const dockerfile = "FROM scratch\nCOPY hello.txt /hello.txt\n";

describe("fairlead build, from every source", () => {
  let shop: Workshop;
  let ssh: SshServer;
  let folder: string;
  let first: string;
  let second: string;
  const image = (tag: string): string => `${shop.registry.host}/acme/app:${tag}`;
  /** Returns the content of `/hello.txt` in the image. */
  const hello = async (tag: string): Promise<string | undefined> => {
    const { content = [] } = (await readPublished(shop.registry, "acme/app", tag)) ?? {};
    return content.map((bytes) => /this is \w+/.exec(bytes.toString("latin1"))?.[0]).find((found) => found !== undefined);
  };
  const clone = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await promisify(execFile)("git", ["clone", "--quiet", shop.url("acme/app"), path], { env: { ...gitEnvironment } });
    return path;
  };

  beforeAll(async () => {
    shop = await startWorkshop();
    const files = {
      Dockerfile: dockerfile,
      "hello.txt": "this is one\n",
      "below/Dockerfile": dockerfile,
      "below/hello.txt": "this is below\n",
    };
    first = await shop.createRepository("acme/app", files);
    await git(join(shop.git.folder, "acme/app.git"), ["tag", "-a", "-m", "one", "v1.0.0", first]);
    second = await shop.git.commit("acme/app", { branch: "main", files: { "hello.txt": "this is two\n" }, message: "Two" });
    await shop.git.commit("acme/app", { branch: "feature/three", files: { "hello.txt": "this is three\n" }, message: "Three" });
    await shop.git.createRepository("acme/private", { private: true, files: { Dockerfile: dockerfile, "hello.txt": "this is private\n" } });
    ssh = await startSshServer(shop.git.folder);
    folder = await mkdtemp(join(tmpdir(), "fairlead-sources-"));
    await writeFile(join(folder, "key"), ssh.privateKey, { mode: 0o600 });
    await writeFile(join(folder, "known_hosts"), ssh.knownHosts);
  });
  afterAll(async () => {
    await ssh.stop();
    await shop[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("a repository is built at its default branch, a branch, a tag or a commit", async () => {
    const built = async (tag: string, ...args: readonly string[]) => {
      const { commit } = await shop.build([shop.url("acme/app"), "--image", image(tag), ...args]);
      return [commit, await hello(tag)];
    };
    const feature = await git(join(shop.git.folder, "acme/app.git"), ["rev-parse", "feature/three"]);
    expect(await built("default")).toEqual([second, "this is two"]);
    expect(await built("branch", "--ref", "feature/three")).toEqual([feature, "this is three"]);
    expect(await built("tag", "--ref", "v1.0.0")).toEqual([first, "this is one"]);
    expect(await built("commit", "--ref", first)).toEqual([first, "this is one"]);
  });

  test("a private repository is built with a token, which is not in the image", async () => {
    const args = [shop.url("acme/private"), "--image", image("private")];
    const { code, stderr } = await shop.failedBuild(args);
    expect({ code, said: /^fairlead: .*$/m.exec(stderr)?.[0].replaceAll(shop.git.host, "HOST") }).toMatchInlineSnapshot(`
      {
        "code": 3,
        "said": "fairlead: read HOST/acme/private: the server wants a credential, and there is none for it",
      }
    `);
    await shop.build([...args, "--token", "env:TOKEN"], { TOKEN: gitToken });
    expect(await hello("private")).toBe("this is private");
    const { content = [] } = (await readPublished(shop.registry, "acme/app", "private")) ?? {};
    expect(content.filter((bytes) => bytes.includes(gitToken))).toEqual([]);
  });

  test("a repository over SSH is built with a key; an unknown host is refused", async () => {
    const args = [ssh.url("acme/private"), "--image", image("ssh"), "--ssh-key", `file:${join(folder, "key")}`];
    const { source, commit } = await shop.build([...args, "--ssh-known-hosts", `file:${join(folder, "known_hosts")}`]);
    expect([source, await hello("ssh")]).toEqual([`${ssh.host}/acme/private@${commit?.slice(0, 12)}`, "this is private"]);
    await using other = await startSshServer(shop.git.folder);
    const stranger = other.knownHosts.replace(/:\d+\b/, `:${ssh.host.split(":")[1]}`);
    await writeFile(join(folder, "wrong_hosts"), stranger);
    const { code, stderr } = await shop.failedBuild([...args, "--rebuild", "--ssh-known-hosts", `file:${join(folder, "wrong_hosts")}`]);
    expect({ code, said: /^fairlead: .*$/m.exec(stderr)?.[0].replaceAll(ssh.host, "HOST") }).toMatchInlineSnapshot(`
      {
        "code": 3,
        "said": "fairlead: read HOST/acme/private: its SSH host key is not among the known ones",
      }
    `);
  });

  test("a folder that is a commit and its clone are one build, whichever comes first", async () => {
    const path = await clone("clean");
    const cloned = await shop.build([shop.url("acme/app"), "--image", image("clone")]);
    const again = await shop.build(["--source", path, "--image", image("clone"), ...noEngine]);
    expect([again.digest, again.commit, again.source]).toEqual([cloned.digest, second, cloned.source]);
    await shop.build(["--source", path, "--image", image("folder")]);
    await shop.build([shop.url("acme/app"), "--image", image("folder"), ...noEngine]);
    expect(await hello("folder")).toBe("this is two");
  });

  test("a folder below a repository's root is the build of that part", async () => {
    const path = join(await clone("part"), "below");
    const { digest } = await shop.build(["--source", path, "--image", image("below")]);
    expect(await hello("below")).toBe("this is below");
    const cloned = await shop.build([shop.url("acme/app"), "--context", "below", "--image", image("below"), ...noEngine]);
    expect(cloned.digest).toBe(digest);
  });

  test("a changed folder is built every time, with a warning", async () => {
    const path = await clone("dirty");
    await appendFile(join(path, "hello.txt"), "this too\n");
    const args = ["--source", path, "--image", image("dirty")];
    const { commit, source, stderr } = await shop.build(args);
    expect({ commit, source, warned: stderr.includes(`build ${path}: hello.txt is changed, so it is built every time`) }).toEqual({
      commit: null,
      source: path,
      warned: true,
    });
    const { manifests } = (await readPublished(shop.registry, "acme/app", "dirty"))!;
    expect(manifests[0]?.labels).toEqual({ "org.opencontainers.image.version": "dirty" });
    expect((await shop.failedBuild([...args, ...noEngine])).code).toBe(75);
    expect((await shop.failedBuild(["--source", path, "--image", `${shop.registry.host}/acme/app`])).stderr).toContain(
      "hello.txt is changed, so no commit names the image",
    );
  });
});
