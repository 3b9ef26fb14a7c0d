import type { Flag } from "../../src/cmd/flag.ts";

/** `--app`: one of several Apps of a configuration. */
export const appFlag: Flag = {
  name: "app",
  kind: "string",
  sentence: "look at this App of the configuration, by the ID or client ID that stands there",
  byDefault: "the only one",
  placeholder: "ID",
  required: false,
};
