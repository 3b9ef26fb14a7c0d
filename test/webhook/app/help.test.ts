import { expect, test } from "vitest";
import { fairlead } from "../../cli.ts";

test("the help of app says which flags are for create, and which variables say where GitHub is", async () => {
  const { stdout } = await fairlead(["app", "--help"]);
  const namesIn = (title: string): readonly string[] => {
    const [section = ""] = stdout.split("\n\n").filter((each) => each.startsWith(`${title}:\n`));
    return [...section.matchAll(/^ {2}(\S.*?)(?: {2}|$)/gm)].map(([, name]) => name!);
  };
  expect(Object.fromEntries(["Flags", "Create", "Environment"].map((title) => [title, namesIn(title)]))).toEqual({
    Flags: ["--config FILE", "--app ID"],
    Create: [
      "--url https://HOST",
      "--organization ORG",
      "--name TEXT",
      "--env-file PATH",
      "--kubernetes-secret NAME",
      "--stdout",
      "--browser auto|none",
      "--port N",
      "--no-wait",
    ],
    Environment: ["GITHUB_SERVER_URL", "GITHUB_API_URL", "HTTPS_PROXY, NO_PROXY", "NODE_EXTRA_CA_CERTS", "NO_COLOR"],
  });
});
