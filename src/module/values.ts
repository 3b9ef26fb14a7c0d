// What the functions take that make values, which other functions go on with.
import { z } from "zod";
import { appRule } from "../core/run/app-fields.ts";
import { directory, repository } from "../core/run/input.ts";
import { withRules } from "../core/run/rules.ts";
import { build } from "../pipelines/build.ts";

const { ref, submodules, token, app, appKey, context, dockerfile, target, buildArgs, secrets, platforms } = build.input.shape;

/** The input of `clone`. */
export const cloneInput = withRules(
  z.object({
    repository: repository().describe("Git repository to fetch, by its https URL"),
    ref,
    submodules,
    token,
    app,
    appKey,
  }),
  [appRule],
);

/** The input of `image`. */
export const imageInput = z.object({
  source: directory().describe("folder to build"),
  context,
  dockerfile,
  target,
  buildArgs,
  secrets,
  platforms,
});

/** The functions that make values, which other functions go on with. */
export const valueFunctions = [
  {
    name: "clone",
    summary: "Fetch the files of a Git repository",
    input: cloneInput,
    returns: "Promise<Directory>",
    does: "clone",
    // A name is looked up each time: Dagger would remember for days what it meant once.
    options: '{ cache: "never" }',
  },
  {
    name: "image",
    summary: "Build the image that a Dockerfile describes",
    input: imageInput,
    returns: "Promise<Container>",
    does: "buildImage",
    options: "",
  },
] as const;
