import { z } from "zod";
import { configSchema, type ConfigKinds } from "../config.ts";

/** Returns the JSON Schema of fairlead.yaml (draft 7, which YAML editors read), as one text with a line break at its end. */
export function configJsonSchema(kinds: ConfigKinds): string {
  const schema = z.toJSONSchema(configSchema(kinds), {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override({ jsonSchema, path }) {
      if (path.at(-1) === "with") delete jsonSchema.required; // `defaults` may have what a route leaves out
    },
  });
  return `${JSON.stringify({ title: "fairlead.yaml", ...schema }, null, 2)}\n`;
}
