import { expect, test } from "vitest";
import type { Flag } from "../../src/cmd/flag.ts";
import { parse } from "../../src/cmd/parse.ts";
import { FairleadError } from "../../src/core/errors.ts";

const flag = (name: string, kind: Flag["kind"], more: Partial<Flag> = {}): Flag => ({
  name,
  kind,
  sentence: "",
  required: false,
  ...more,
});
const flags: readonly Flag[] = [
  flag("source", "directory", { positional: 0 }),
  flag("image", "image", { required: true }),
  flag("tags", "list"),
  flag("buildArgs", "key-values"),
  flag("expect", "int"),
  flag("mode", "enum", { choices: ["fast", "slow"] }),
  flag("rebuild", "boolean"),
  flag("slackToken", "secret"),
  flag("secrets", "secrets"),
];

test.each<[title: string, argv: string[], values: object]>([
  ["a value behind a space or an equals sign", ["--image", "app", "--expect=3"], { image: "app", expect: 3 }],
  [
    "what may be repeated, in the singular",
    ["--image=a", "--tag", "1", "--tag=2", "--build-arg", "A=b=c"],
    { image: "a", tags: ["1", "2"], buildArgs: ["A=b=c"] },
  ],
  ["booleans on and off", ["--image=a", "--no-rebuild"], { image: "a", rebuild: false }],
  ["booleans with a value", ["--image=a", "--rebuild=false"], { image: "a", rebuild: false }],
  ["booleans off with a value", ["--image=a", "--no-rebuild=false"], { image: "a", rebuild: true }],
  ["arguments among flags", ["--rebuild", "folder", "--image", "a"], { image: "a", source: "folder", rebuild: true }],
  ["an argument that looks like a flag, behind --", ["--image", "a", "--", "--rebuild"], { image: "a", source: "--rebuild" }],
  ["a lone dash as an argument", ["--image", "a", "-"], { image: "a", source: "-" }],
  ["a value that begins with a dash, behind an equals sign", ["--image=-a"], { image: "-a" }],
  [
    "secrets by reference",
    ["--image=a", "--slack-token", "env:T", "--secret", "npm=file:/t"],
    { image: "a", slackToken: "env:T", secrets: { npm: "file:/t" } },
  ],
])("parse accepts %s", (_, argv, values) => {
  expect(parse("ship", flags, argv)).toEqual(values);
});

/** A command whose last argument is a list. */
const listed: readonly Flag[] = [
  flag("source", "image", { positional: 0, required: true }),
  flag("tags", "list", { positional: 1, required: true }),
  flag("to", "image"),
];

test.each<[title: string, argv: string[], values: object]>([
  ["one", ["app", "1.0"], { source: "app", tags: ["1.0"] }],
  ["several, among flags", ["app", "1.0", "--to", "b", "1", "1.0"], { source: "app", tags: ["1.0", "1", "1.0"], to: "b" }],
  ["several, behind --", ["app", "1.0", "--", "--to"], { source: "app", tags: ["1.0", "--to"] }],
])("parse gives the last argument, a list, all remaining arguments: %s", (_, argv, values) => {
  expect(parse("retag", listed, argv)).toEqual(values);
});

test("parse refuses an empty list, and a list's argument as a flag", () => {
  expect(refusal(["app"], listed)).toEqual(["tags: it is missing", "hint: run fairlead ship --help"]);
  expect(refusal(["app", "1", "--tag", "2"], listed)).toEqual(["unknown flag --tag", "hint: run fairlead ship --help"]);
});

/** Returns every problem as `field: message`, and the hint. */
function refusal(argv: readonly string[], taken = flags): readonly string[] {
  try {
    parse("ship", taken, argv);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    expect(error.code).toBe("input");
    return [...error.fields.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)), `hint: ${error.hint ?? ""}`];
  }
  throw new Error("it was taken");
}

const help = "hint: run fairlead ship --help";
const references = "hint: name where the secret is: env:NAME, file:PATH or cmd:COMMAND";

test.each<[title: string, argv: string[], problems: string[]]>([
  ["a flag that is missing", [], ["image: it is missing", help]],
  [
    "a mistyped flag, which is not missing as well",
    ["--imge", "app"],
    ["unknown flag --imge", "hint: did you mean --image? run fairlead ship --help"],
  ],
  ["a flag like no other", ["--image=a", "--colour=red"], ["unknown flag --colour", help]],
  ["a short flag", ["--image=a", "-x"], ["unknown flag -x", help]],
  ["a plural", ["--image=a", "--tags", "1"], ["unknown flag --tags", "hint: did you mean --tag? run fairlead ship --help"]],
  ["an argument as a flag", ["--image=a", "--source=."], ["unknown flag --source", help]],
  ["a flag without its value, before another", ["--image", "--tag", "x"], ["image: its value is missing", help]],
  ["a flag without its value, at the end", ["--image"], ["image: its value is missing", help]],
  ["an empty value", ["--image="], ["image: its value is missing", help]],
  ["a flag given twice", ["--image=a", "--image=b"], ["image: it is given twice", help]],
  ["a boolean given twice", ["--image=a", "--rebuild", "--no-rebuild"], ["rebuild: it is given twice", help]],
  ["a boolean with a value", ["--image=a", "--rebuild=yes"], ['rebuild: "yes" is neither true nor false', help]],
  ["an argument too many", ["--image=a", "one", "two"], ['unexpected argument "two"', help]],
  ["what is no number", ["--image=a", "--expect", "few"], ['expect: "few" is not a whole number', help]],
  ["what is none of the choices", ["--image=a", "--mode", "odd"], ['mode: "odd" is none of fast, slow', help]],
  [
    "a secret itself, without repeating it",
    ["--image=a", "--slack-token", "xoxb-1"],
    ["slackToken: it is not a reference to a secret", references],
  ],
  ["a build secret itself", ["--image=a", "--secret", "npm=hunter2"], ["secrets: it is not a reference to a secret", references]],
  [
    "a build secret without its name",
    ["--image=a", "--secret", "hunter2"],
    ["secrets: it is not NAME=REFERENCE", "hint: name the secret and where it is: NAME=env:VARIABLE"],
  ],
  ["a build secret given twice", ["--image=a", "--secret", "n=env:A", "--secret", "n=env:B"], ['secrets: "n" is given twice', help]],
  [
    "all problems at once",
    ["--tag", "--colour", "--expect=x", "a", "b"],
    [
      "tags: its value is missing",
      "unknown flag --colour",
      'unexpected argument "b"',
      'expect: "x" is not a whole number',
      "image: it is missing",
      help,
    ],
  ],
])("parse refuses %s", (_, argv, problems) => {
  expect(refusal(argv)).toEqual(problems);
});
