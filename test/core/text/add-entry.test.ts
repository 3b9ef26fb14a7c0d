import { expect, test } from "vitest";
import { addEntry, type NewEntry } from "../../../src/core/text/add-entry.ts";
import { FairleadError } from "../../../src/core/errors.ts";

const source: NewEntry = { section: "sources", key: "github", value: { kind: "github", path: "env:PATH_KEY", secrets: "env:SECRET" } };
const credential: NewEntry = {
  section: "credentials",
  key: "github.com",
  value: { app: 7, key: "file:github-app/key.pem" },
  inline: true,
};
const route: NewEntry = {
  section: "routes",
  key: undefined,
  value: { name: "main", with: { repository: "${{ event.repository }}" } },
  comment: ["Change these names to yours."],
};

/** The layouts of a section, each with the text before and after an entry was added. */
const cases: readonly (readonly [name: string, entry: NewEntry, before: string, after: string])[] = [
  [
    "a text without the section",
    source,
    "version: 1\n",
    "version: 1\n\nsources:\n  github:\n    kind: github\n    path: env:PATH_KEY\n    secrets: env:SECRET\n",
  ],
  [
    "a section between others, with comments around it",
    source,
    "version: 1\nsources:\n  # ours\n  ci: { kind: generic-hmac, secrets: env:CI } # it signs\n\n# what is run\nroutes: []\n",
    "version: 1\nsources:\n  # ours\n  ci: { kind: generic-hmac, secrets: env:CI } # it signs\n  github:\n    kind: github\n    path: env:PATH_KEY\n    secrets: env:SECRET\n\n# what is run\nroutes: []\n",
  ],
  [
    "a section indented by four",
    credential,
    "version: 1\ncredentials:\n    ghcr.io: {username: a, password: env:B}\nroutes: []",
    "version: 1\ncredentials:\n    ghcr.io: {username: a, password: env:B}\n    github.com: { app: 7, key: file:github-app/key.pem }\nroutes: []",
  ],
  [
    "a section at the end of a text without a final line break",
    credential,
    "version: 1\ncredentials:\n  slack: { token: env:SLACK }",
    "version: 1\ncredentials:\n  slack: { token: env:SLACK }\n  github.com: { app: 7, key: file:github-app/key.pem }\n",
  ],
  [
    "a section within braces",
    credential,
    "version: 1\ncredentials: { slack: { token: env:SLACK } } # all\n",
    "version: 1\ncredentials: { slack: { token: env:SLACK }, github.com: { app: 7, key: file:github-app/key.pem } } # all\n",
  ],
  [
    "a section within braces, with a comma behind the last entry",
    credential,
    "version: 1\ncredentials: {\n  slack: { token: env:SLACK },\n}\n",
    "version: 1\ncredentials: {\n  slack: { token: env:SLACK }, github.com: { app: 7, key: file:github-app/key.pem }\n}\n",
  ],
  [
    "an empty section within braces",
    source,
    "version: 1\nsources: {} # none yet\nlisten: { port: 0 }\n",
    "version: 1\nsources: # none yet\n  github:\n    kind: github\n    path: env:PATH_KEY\n    secrets: env:SECRET\nlisten: { port: 0 }\n",
  ],
  [
    "a section without a value",
    route,
    "version: 1\nroutes:\nlisten: { port: 0 }\n",
    "version: 1\nroutes:\n  # Change these names to yours.\n  - name: main\n    with:\n      repository: ${{ event.repository }}\nlisten: { port: 0 }\n",
  ],
  [
    "a list that is not indented",
    route,
    "version: 1\nroutes:\n- name: other\n  run: notify\n",
    "version: 1\nroutes:\n- name: other\n  run: notify\n# Change these names to yours.\n- name: main\n  with:\n    repository: ${{ event.repository }}\n",
  ],
  [
    "lines that end as Windows ends them",
    credential,
    "version: 1\r\ncredentials:\r\n  slack: { token: env:SLACK }\r\n",
    "version: 1\r\ncredentials:\r\n  slack: { token: env:SLACK }\r\n  github.com: { app: 7, key: file:github-app/key.pem }\r\n",
  ],
];

test.for(cases)("an entry is added to %s, and every other byte stays", ([, entry, before, after]) => {
  expect(addEntry(before, entry)).toBe(after);
});

test.for([
  ["an alias", "version: 1\nx: &a { slack: { token: env:S } }\ncredentials: *a\n"],
  ["a text", "version: 1\ncredentials: none\n"],
  ["an entry of that name", "version: 1\ncredentials:\n  github.com: { token: env:T }\n"],
  ["two documents", "version: 1\n---\nversion: 1\n"],
  ["a document with an end", "version: 1\n...\n"],
])("an entry is not added where the section is %s", ([, text]) => {
  expect(() => addEntry(text!, credential)).toThrow(FairleadError);
});
