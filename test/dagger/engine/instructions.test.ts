import { expect, test } from "vitest";
import type { InstructionEntry } from "../../../src/core/run/report.ts";
import { followInstructions } from "../../../src/dagger/engine/instructions.ts";

/** Printed by an engine of version 0.19.10 for a build and a push, shortened. */
const progress = `
1   : dagger session
2   : ┆ [0.0s] | cloud url=https://dagger.cloud/traces/setup
6   : consuming /v1/traces DONE [0.0s]
9   : ┆ version: String!
15  : Directory.dockerBuild(dockerfile: "Dockerfile", buildArgs: [{name: "VERSION", value: "18922"}], secrets: []): Container!
16  : ┆ copy / /
16  : ┆ copy / / DONE [0.0s]
17  : ┆ [tools 2/2] COPY busybox /bin/sh
17  : ┆ [tools 2/2] COPY busybox /bin/sh CACHED [0.0s]
18  : ┆ [build 1/2] RUN echo "hello" &&     sleep 2
30  : Directory.stat ERROR [0.0s]
30  : ! stat /.dockerignore: no such file or directory
15  : Directory.dockerBuild(dockerfile: "Dockerfile", buildArgs: [{name: "VERSION", value: "18922"}], secrets: []): Container!
18  : ┆ [build 1/2] RUN echo "hello" &&     sleep 2
18  : ┆ [0.3s] | hello
18  : ┆ [1m2.8s] | tests DONE [0.1s]
18  : ┆ [build 1/2] RUN echo "hello" &&     sleep 2 DONE [1m2.8s]
31  : ┆ ┆ [build 2/2] RUN exit 3
31  : ┆ ┆ [build 2/2] RUN exit 3 ERROR [0.3s]
31  : ┆ ┆ ! process "/bin/sh -c exit 3" did not complete successfully: exit code: 3
36  : ┆ HTTP HEAD ERROR [0.0s]
`;

test("the instructions of a Dockerfile and their output are told from all that the engine prints", () => {
  const told: InstructionEntry[] = [];
  progress.split("\n").forEach(followInstructions((entry) => told.push(entry)));
  expect(told).toEqual([
    { type: "instruction-started", id: 17, instruction: "[tools 2/2] COPY busybox /bin/sh" },
    { type: "instruction-ended", id: 17, outcome: "cached" },
    { type: "instruction-started", id: 18, instruction: '[build 1/2] RUN echo "hello" && sleep 2' },
    { type: "instruction-printed", id: 18, line: "hello" },
    { type: "instruction-printed", id: 18, line: "tests DONE [0.1s]" },
    { type: "instruction-ended", id: 18, outcome: "done" },
    { type: "instruction-started", id: 31, instruction: "[build 2/2] RUN exit 3" },
    { type: "instruction-ended", id: 31, outcome: "failed" },
  ]);
});
