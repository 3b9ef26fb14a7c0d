import { describe, expect, test } from "vitest";
import { z } from "zod";
import { commonFields, configCredentials, configServers, readConfigText, type CommonConfig } from "../src/config.ts";
import { FairleadError } from "../src/core/errors.ts";

const schema = z.strictObject(commonFields);
const read = (text: string): CommonConfig => readConfigText(text, { path: "fairlead.yaml", schema }).config;

/** The problems of a text, a line each. */
function problems(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== "input") throw error;
    expect(error.fields.map(({ message }) => message).join("; ")).toBe(error.message);
    return error.fields.map(({ message }) => message).join("\n");
  }
  throw new Error("it was taken");
}

describe("a text that is no YAML document", () => {
  test("all faults of a broken YAML text are told at once, by line and column", () => {
    expect(problems("version: 1\nversion: 1\ncredentials: {}\ncredentials: {}\n---\nversion: 2\n")).toMatchInlineSnapshot(`
      "fairlead.yaml:2:1 this key is there twice
      fairlead.yaml:4:1 this key is there twice
      fairlead.yaml:5:1 a second document begins here: keep one"
    `);
  });

  test("text before a fault of syntax is checked too, and text that the fault may have cut off is not", () => {
    expect(problems("versio: 1\ncredentials:\n  GHCR.io: { token: env:A }\nservers:\n  slak: [\n")).toMatchInlineSnapshot(`
      "fairlead.yaml:1:1 versio: there is no such field; did you mean "version"?
      fairlead.yaml:3:3 credentials["GHCR.io"]: expected a host such as ghcr.io, a repository such as github.com/acme/fleet, or slack
      fairlead.yaml:5:3 servers.slak: there is no such field; did you mean "slack"?
      fairlead.yaml:6:1 flow sequence in block collection must be sufficiently indented and end with a ]"
    `);
  });

  test("a mistake of syntax is one error, and an expression without quotes is told as what it is", () => {
    const text = "version: 1\ncredentials: { a.example: { token: ${{ event.one }}, username: ${{ event.two }} } }\nversion: 2\n";
    expect(problems(text)).toMatchInlineSnapshot(
      `"fairlead.yaml:2:37 an expression within { } or [ ] has to be in quotes: write "\${{ … }}""`,
    );
  });

  test("a key that is there twice hides no other mistake", () => {
    expect(problems("version: 1\nversion: 2\ncredentialz: {}\nservers: { slak: {} }\n")).toMatchInlineSnapshot(`
      "fairlead.yaml:2:1 this key is there twice
      fairlead.yaml:2:10 version: expected 1
      fairlead.yaml:3:1 credentialz: there is no such field; did you mean "credentials"?
      fairlead.yaml:4:12 servers.slak: there is no such field; did you mean "slack"?"
    `);
  });

  test("a refused text has a hint", () => {
    expect(() => read("version: 2")).toThrow(
      expect.objectContaining({ code: "input", hint: "see docs/configuration.md for every field, and an example" }),
    );
  });

  test("a YAML text with unknown tags and anchors is refused", () => {
    expect(problems("version: 1\ncredentials: !vault x\nservers: *none\n__proto__: {}\n")).toMatchInlineSnapshot(`
      "fairlead.yaml:2:14 this tag is not known: write plain values
      fairlead.yaml:3:10 there is no anchor &none before it
      fairlead.yaml:4:1 this key cannot be used"
    `);
  });

  test("a YAML text whose aliases repeat too much is refused; a few repetitions are accepted", () => {
    const ten = (anchor: string, of: string): string => `${anchor}: &${anchor} [${Array(10).fill(`*${of}`).join(", ")}]\n`;
    expect(problems(`version: 1\na: &a [x, x]\n${ten("b", "a")}${ten("c", "b")}${ten("d", "c")}`)).toMatchInlineSnapshot(
      `"fairlead.yaml:1:1 its aliases repeat too much"`,
    );
    const login = "{ username: bot, password: env:A }";
    expect(read(`version: 1\ncredentials: { ghcr.io: &login ${login}, quay.io: *login }\n`).credentials).toEqual({
      "ghcr.io": { username: "bot", password: "env:A" },
      "quay.io": { username: "bot", password: "env:A" },
    });
  });

  test("a YAML text longer than 1 MiB, or nested without end, is refused", () => {
    expect(problems(`version: 1\n#${"x".repeat(1_048_576)}`)).toMatchInlineSnapshot(`"fairlead.yaml:1:1 it is longer than 1 MiB"`);
    expect(problems(`version: ${"[".repeat(100_000)}`).split("\n").length).toBeLessThanOrEqual(51);
  });

  test("an empty YAML text, or only a word, is refused", () => {
    expect([problems(""), problems("# nothing\n"), problems("fairlead")]).toMatchInlineSnapshot(`
      [
        "fairlead.yaml:1:1 expected mapping",
        "fairlead.yaml:1:1 expected mapping",
        "fairlead.yaml:1:1 expected mapping",
      ]
    `);
  });
});

describe("the configuration that every entry point reads", () => {
  test("a refused configuration names every mistake and shows no possible secret", () => {
    const text = `
version: 2
credentialz: {}
credentials:
  GHCR.io: { token: ghp_secret }
  ghcr.io: { username: bot }
  github.com: { tokn: env:GITHUB_TOKEN }
  quay.io: env:QUAY
  slak: { token: env:SLACK }
servers:
  slak: { api: https://slack.example.com/api/ }
  github: { url: ftp://github.example.com }
  ecr: { ecr.example.com: { account: 123456789012, region: here } }
  plainHttp: registry.example.com:5000
`;
    const told = problems(text);
    expect(told).not.toContain("ghp_secret");
    expect(told).toMatchInlineSnapshot(`
      "fairlead.yaml:2:10 version: expected 1
      fairlead.yaml:3:1 credentialz: there is no such field; did you mean "credentials"?
      fairlead.yaml:5:3 credentials["GHCR.io"]: expected a host such as ghcr.io, a repository such as github.com/acme/fleet, or slack
      fairlead.yaml:6:12 credentials["ghcr.io"]: it holds no secret: name a token, a password, an sshKey, or an app and its key
      fairlead.yaml:6:24 credentials["ghcr.io"].username: there is no password for it
      fairlead.yaml:7:15 credentials["github.com"]: it holds no secret: name a token, a password, an sshKey, or an app and its key
      fairlead.yaml:7:17 credentials["github.com"].tokn: there is no such field; did you mean "token"?
      fairlead.yaml:8:12 credentials["quay.io"]: expected mapping
      fairlead.yaml:9:3 credentials.slak: expected a host such as ghcr.io, a repository such as github.com/acme/fleet, or slack; did you mean "slack"?
      fairlead.yaml:11:3 servers.slak: there is no such field; did you mean "slack"?
      fairlead.yaml:12:18 servers.github.url: expected a URL such as https://github.example.com
      fairlead.yaml:13:38 servers.ecr["ecr.example.com"].account: expected string
      fairlead.yaml:13:60 servers.ecr["ecr.example.com"].region: expected an AWS region such as eu-west-1
      fairlead.yaml:14:14 servers.plainHttp: expected list"
    `);
  });

  test("a configuration may give a notifier a token alone", () => {
    expect(problems("version: 1\ncredentials:\n  slack: { username: bot, password: env:SLACK }\n")).toMatchInlineSnapshot(`
      "fairlead.yaml:3:22 credentials.slack.username: a notifier has a token alone
      fairlead.yaml:3:37 credentials.slack.password: a notifier has a token alone"
    `);
  });

  test("a configuration gives each credential for the host that its key names, unrevealed", () => {
    const config = read(`
version: 1
credentials:
  ghcr.io: { username: bot, password: env:GHCR }
  github.com/acme/flux: { token: "file:/run/flux token" }
  git.example.com: { sshKey: file:~/.ssh/id, sshKnownHosts: file:known }
  127.0.0.1:5000: { password: cmd:vault read x }
  slack: { token: env:SLACK }
`);
    const open = (reference: string, name: string) => ({ name, reveal: () => Promise.resolve(reference) });
    expect(configCredentials(config, open).map(({ secret, ...rest }) => ({ ...rest, secret: secret.name }))).toMatchInlineSnapshot(`
      [
        {
          "for": "ghcr.io",
          "kind": "password",
          "secret": "password of ghcr.io",
          "username": "bot",
        },
        {
          "for": "github.com/acme/flux",
          "kind": "token",
          "secret": "token of github.com/acme/flux",
        },
        {
          "for": "git.example.com",
          "kind": "ssh-key",
          "secret": "ssh-key of git.example.com",
        },
        {
          "for": "git.example.com",
          "kind": "known-hosts",
          "secret": "known-hosts of git.example.com",
        },
        {
          "for": "127.0.0.1:5000",
          "kind": "password",
          "secret": "password of 127.0.0.1:5000",
        },
        {
          "for": "notifier:slack",
          "kind": "token",
          "secret": "token of slack",
        },
      ]
    `);
  });

  test("a configuration gives the servers it names and leaves the others to the environment", () => {
    expect(configServers(read("version: 1"))).toEqual({ settings: {}, plainHttp: [] });
    expect(
      configServers(
        read(`
version: 1
servers:
  github: { url: "https://github.example.com:8443/", api: https://github.example.com/api/v3 }
  slack: { api: https://slack.example.com/api/ }
  ecr: { "ecr.example.com:5000": { account: "123456789012", region: eu-west-1 } }
  plainHttp: [registry.example.com:5000]
`),
      ),
    ).toEqual({
      settings: {
        github: { url: "https://github.example.com:8443/", api: "https://github.example.com/api/v3" },
        slack: { api: "https://slack.example.com/api/" },
        ecr: { "ecr.example.com:5000": { account: "123456789012", region: "eu-west-1" } },
      },
      plainHttp: ["registry.example.com:5000"],
    });
  });
});
