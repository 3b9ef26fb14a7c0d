import { addEntry } from "../../src/core/text/add-entry.ts";
import type { SecretReferences } from "./sink/sink.ts";

/** What a configuration is to say of a new App. */
export interface AppEntry {
  /** The name of its kind of provider, which that of its kind of source is too. */
  readonly kind: string;
  /** What its credential opens: a host, or an account there. */
  readonly resource: string;
  /** The settings of a server of one's own that the configuration does not name. */
  readonly server: Readonly<Record<string, unknown>> | undefined;
  readonly id: number;
  readonly name: string;
  readonly references: SecretReferences;
  /** The name of its source. */
  readonly source: string;
  /** The host and the account of a first route; undefined where there are routes. */
  readonly first: { readonly host: string; readonly owner: string } | undefined;
}

const header = `# What the listener receives, and what it runs. \`fairlead config check\` says whether it is right.
version: 1
`;

/** Returns the text of a configuration with an App in it: its server, its credential, its source and, where there is no route, a first one. All else stays. */
export function withApp(text: string | undefined, { kind, resource, server, id, name, references, source, first }: AppEntry): string {
  const { key, webhookSecret: secrets, pathKey: path } = references;
  const before = text ?? header;
  const named = server === undefined ? before : addEntry(before, { section: "servers", key: kind, value: server, inline: true });
  const credential = addEntry(named, {
    section: "credentials",
    key: resource,
    value: { app: id, key },
    inline: true,
    comment: [`The App ${name}.`],
  });
  const received = addEntry(credential, { section: "sources", key: source, value: { kind, path, secrets } });
  return first === undefined ? received : addEntry(received, { section: "routes", key: undefined, ...firstRoute(source, first) });
}

function firstRoute(
  source: string,
  { host, owner }: NonNullable<AppEntry["first"]>,
): { readonly value: unknown; readonly comment: readonly string[] } {
  return {
    comment: ["Each new head of main is built, and proposed to the Flux repository. Change these names to yours."],
    value: {
      name: "main",
      when: { source, kind: "push", repository: `${host}/${owner}/app`, branch: "main" },
      run: "ship",
      with: {
        repository: "${{ event.repository }}",
        ref: "${{ event.commit }}",
        image: `ghcr.io/${owner.toLowerCase()}/app`,
        fluxRepository: `${host}/${owner}/fleet`,
      },
    },
  };
}

/** Returns a name that is not taken: the first, or one with a number. */
export function freeName(taken: readonly string[], kind: string): string {
  const names = [kind, `${kind}-app`, ...Array.from({ length: taken.length }, (_, at) => `${kind}-app-${at + 2}`)];
  return names.find((each) => !taken.includes(each)) ?? kind;
}
