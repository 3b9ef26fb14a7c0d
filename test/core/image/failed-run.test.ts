import { expect, test } from "vitest";
import { excerptOf } from "../../../src/core/image/failed-run.ts";

const dockerfile = `FROM alpine AS build
WORKDIR /app

# the packages
RUN --mount=type=cache,target=/root/.npm npm ci && \\
    # and their tests
    npm   test
RUN ["/bin/true", "--now"]
RUN <<EOF
set -e
make all
EOF
RUN npm run build
`;

test.each([
  ["of several lines", "/bin/sh -c npm ci &&     npm   test", 5],
  ["in JSON", "/bin/true --now", 8],
  ["of a here-document", "/bin/sh -c set -e\nmake all\n", 9],
  ["in another shell", "/bin/bash -eo pipefail -c npm run build", 13],
])("a failed RUN %s is found in its Dockerfile", (_, command, line) => {
  expect(excerptOf(dockerfile, "docker/Dockerfile", command)[0]).toBe(`docker/Dockerfile:${line}`);
});

test("a failed RUN is shown with its line numbers, between its neighbours", () => {
  expect(`\n${excerptOf(dockerfile, "Dockerfile", "/bin/sh -c npm ci && npm test").join("\n")}\n`).toMatchInlineSnapshot(`
    "
    Dockerfile:5
    --------------------
       3 |
       4 |     # the packages
       5 | >>> RUN --mount=type=cache,target=/root/.npm npm ci && \\
       6 | >>>     # and their tests
       7 | >>>     npm   test
       8 |     RUN ["/bin/true", "--now"]
       9 |     RUN <<EOF
    --------------------
    "
  `);
  expect(`\n${excerptOf("FROM a\nRUN false", "Dockerfile", "/bin/sh -c false").join("\n")}\n`).toMatchInlineSnapshot(`
    "
    Dockerfile:2
    --------------------
       1 |     FROM a
       2 | >>> RUN false
    --------------------
    "
  `);
});

test("a command that no RUN of the Dockerfile has is shown without lines", () => {
  expect(excerptOf(dockerfile, "Dockerfile", "/bin/sh -c make")).toEqual([]);
  expect(excerptOf("", "Dockerfile", "/bin/sh -c make")).toEqual([]);
});
