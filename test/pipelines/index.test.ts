import { expect, test } from "vitest";
import { pipelines } from "../../src/pipelines/index.ts";

test("each pipeline says whose code it runs", () => {
  expect(Object.fromEntries(pipelines.map(({ name, runs }) => [name, runs]))).toEqual({
    build: "their code",
    "create-repository": "our code",
    deploy: "our code",
    "dispatch-repository": "our code",
    "dispatch-workflow": "our code",
    notify: "nothing",
    retag: "our code",
    ship: "their code",
  });
});

test("the pipelines are sorted by name", () => {
  const names = pipelines.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
});
