import { z } from "zod";
import type { Credential } from "../credential.ts";
import { repositoryHosts } from "../git/repository-hosts.ts";
import { inGroup } from "./in-group.ts";
import { secret, type FieldMeta } from "./input.ts";
import { namedOnly } from "./named-only.ts";
import type { Rule } from "./rules.ts";

/** Returns the fields of the app as which a run asks the Git servers of its repositories, for every pipeline that has some. */
export function appFields() {
  return namedOnly(
    inGroup("Credentials", {
      app: z
        .string()
        .min(1, "it is empty")
        .optional()
        .describe("ask the repository's Git server for tokens as this App, by its ID or client ID")
        .meta({ placeholder: "ID" } satisfies FieldMeta),
      appKey: secret((input) => openedBy(input))
        .optional()
        .describe("prove the App by this private key"),
    }),
  );
}

function openedBy(input: Readonly<Record<string, unknown>>): readonly Omit<Credential, "secret">[] {
  const { app } = input;
  return typeof app === "string" ? repositoryHosts(input).map((host) => ({ for: host, kind: "app", app })) : [];
}

/** An App has an ID and a key. */
export const appRule: Rule<{ readonly app?: string | undefined; readonly appKey?: unknown }> = {
  fields: ["app", "appKey"],
  check({ app, appKey }) {
    if ((app === undefined) === (appKey === undefined)) return [];
    if (app === undefined) return [{ field: "appKey", message: "it is of no App", hint: "give the App's ID as well" }];
    return [{ field: "app", message: "there is no key of it", hint: "give its private key as well" }];
  },
};
