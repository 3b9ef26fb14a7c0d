import { expect, test } from "vitest";
import { settingsOf, type ImageSettings } from "../../../src/core/image/image-settings.ts";

const second = 1_000_000_000;
const bases: Readonly<Record<string, ImageSettings>> = {
  "ghcr.io/acme/base:1": { Healthcheck: { Test: ["CMD", "/base"] }, OnBuild: ['SHELL ["/on", "build"]'], Shell: ["/base", "-c"] },
  "ghcr.io/acme/arm64": { Shell: ["/arm64"] },
};

async function settings(dockerfile: string, more: { target?: string; buildArgs?: Record<string, string>; platform?: string } = {}) {
  const asked: string[] = [];
  const { platform = "linux/amd64", target, buildArgs = {} } = more;
  const found = await settingsOf({ dockerfile, target, buildArgs, platform }, (image, of) => {
    asked.push(`${image} ${of}`);
    return Promise.resolve(bases[image] ?? {});
  });
  return { ...found, ...(asked.length > 0 && { asked }) };
}

test.each([
  ["exec form", 'HEALTHCHECK CMD ["/busybox", "true"]', { Test: ["CMD", "/busybox", "true"] }],
  ["shell form", "healthcheck cmd curl -f http://localhost/ || exit 1", { Test: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"] }],
  ["NONE", "HEALTHCHECK NONE", { Test: ["NONE"] }],
  [
    "every flag",
    "HEALTHCHECK --interval=1m30s --timeout=3s --start-period=0.5h --start-interval=250ms --retries=7 CMD true",
    {
      Test: ["CMD-SHELL", "true"],
      Interval: 90 * second,
      Timeout: 3 * second,
      StartPeriod: 1800 * second,
      StartInterval: second / 4,
      Retries: 7,
    },
  ],
  [
    "lines that go on, with a comment between",
    'HEALTHCHECK --retries=2 \\\n# why\n\n  CMD ["/a", \\\n "b"]',
    { Test: ["CMD", "/a", "b"], Retries: 2 },
  ],
  ["the last of two", "HEALTHCHECK CMD one\nHEALTHCHECK CMD two", { Test: ["CMD-SHELL", "two"] }],
])("HEALTHCHECK in %s is that of the configuration", async (_title, line, expected) => {
  expect(await settings(`FROM scratch\n${line}\n`)).toEqual({ Healthcheck: expected });
});

test("SHELL and each ONBUILD are kept as they are written", async () => {
  const lines = ['SHELL ["/bin/sh", "-ec"]', "ONBUILD COPY . /later", "onbuild RUN make"];
  expect(await settings(["FROM scratch", ...lines].join("\r\n"))).toEqual({
    Shell: ["/bin/sh", "-ec"],
    OnBuild: ["COPY . /later", "RUN make"],
  });
});

test.each([
  ["a comment", "# HEALTHCHECK CMD true"],
  ["a here-document", "RUN <<EOF\nHEALTHCHECK CMD true\nEOF"],
  ["an indented here-document with a quoted word", 'COPY <<-"END" /a\n\tHEALTHCHECK CMD true\n\tEND'],
  ["the last of two here-documents", "COPY <<a <<b /\na\nHEALTHCHECK CMD true\nb"],
  ["a line that belongs to RUN", "RUN echo \\\n  HEALTHCHECK CMD true"],
  ["a broken instruction", "HEALTHCHECK true\nSHELL /bin/sh"],
])("%s is no instruction", async (_title, lines) => {
  expect(await settings(`FROM scratch\n${lines}\nLABEL a=b\n`)).toEqual({});
});

test("another escape character joins lines, and a backslash then does not", async () => {
  expect(await settings("# escape=`\nFROM scratch\nRUN dir c:\\\nHEALTHCHECK `\n CMD true\n")).toEqual({
    Healthcheck: { Test: ["CMD-SHELL", "true"] },
  });
});

test("a base image's settings are kept, its triggers have run, and what the Dockerfile says comes last", async () => {
  const from = "FROM ghcr.io/acme/base:1";
  expect(await settings(from)).toEqual({
    Healthcheck: { Test: ["CMD", "/base"] },
    Shell: ["/on", "build"],
    asked: ["ghcr.io/acme/base:1 linux/amd64"],
  });
  expect(await settings(`${from}\nHEALTHCHECK NONE\nSHELL ["/mine"]\nONBUILD RUN x`)).toMatchObject({
    Healthcheck: { Test: ["NONE"] },
    Shell: ["/mine"],
    OnBuild: ["RUN x"],
  });
});

test("a stage has the settings of the stage that it begins with, and of no other", async () => {
  const file = `FROM scratch AS Base
HEALTHCHECK CMD base
ONBUILD SHELL ["/triggered"]
FROM scratch AS other
HEALTHCHECK CMD other
FROM base AS last
COPY --from=other / /
`;
  const base = { Healthcheck: { Test: ["CMD-SHELL", "base"] } };
  expect(await settings(file)).toEqual({ ...base, Shell: ["/triggered"] });
  expect(await settings(file, { target: "BASE" })).toEqual({ ...base, OnBuild: ['SHELL ["/triggered"]'] });
  expect(await settings(file, { target: "1" })).toEqual({ Healthcheck: { Test: ["CMD-SHELL", "other"] } });
  expect(await settings(file, { target: "none" })).toEqual({});
});

test("variables of FROM are build arguments, their defaults, and the platform's", async () => {
  const file = 'ARG HOST=ghcr.io ARCH\nARG NAME="${HOST}/acme"\nFROM --platform=$TARGETPLATFORM ${NAME}/${ARCH:-${TARGETARCH}}';
  expect(await settings(file, { platform: "linux/arm64" })).toEqual({ Shell: ["/arm64"], asked: ["ghcr.io/acme/arm64 linux/arm64"] });
  expect(await settings(file, { buildArgs: { ARCH: "base:1", UNUSED: "x" } })).toMatchObject({
    asked: ["ghcr.io/acme/base:1 linux/amd64"],
  });
});
