import { expect, test } from "vitest";
import { changeBranch, changeId, covers, targetIds } from "../../../src/core/change/identity.ts";
import { FairleadError } from "../../../src/core/errors.ts";
import { parseImage, unknownDigest } from "../../../src/core/image/image.ts";
import { setImages } from "../../../src/core/deploy/image-change.ts";
import { widerPlaces } from "../../../src/core/deploy/wider-places.ts";

const digest = `sha256:${"a".repeat(64)}` as const;
const whole = { folder: "", only: undefined };
const change = (images: readonly string[], where: { folder: string; only: string | undefined } = whole) =>
  setImages({ ...where, images: images.map(parseImage) });
const idsOn = (base: string, proposed: ReturnType<typeof setImages>) => ({
  branch: changeBranch(base, proposed),
  change: changeId(base, proposed),
  targets: targetIds(base, proposed),
});

// An upgrade of fairlead adopts the pull requests that are open: these values have been in their branches and markers since the first version.
test.each([
  ["ghcr.io/acme/web:1.4.3", "main", whole, "fairlead/web-00e85d7c5c48", "f5965842a7e6"],
  [`ghcr.io/acme/web:1.4.3@${digest}`, "main", whole, "fairlead/web-562776186029", "f5965842a7e6"],
  ["ghcr.io/acme/web", "main", whole, "fairlead/web-f5965842a7e6", "f5965842a7e6"],
  [
    "nginx:1.27",
    "staging",
    { folder: "apps/prod", only: "Deployment/shop/web#spec.template" },
    "fairlead/nginx-f2b19ff77c32",
    "be9e57a11e95",
  ],
])("a deployment of %s to %s keeps its branch and its target for ever", (image, base, where, branch, target) => {
  const { targets, ...ids } = idsOn(base, change([image], where));
  expect(ids).toEqual({ branch, change: branch.slice(-12) });
  expect(targets.map((each) => each.split("/")[0])).toEqual([target]);
});

test("a place is part of its folders, its object, and that object in any namespace", () => {
  expect(widerPlaces("apps/prod", "Pod/shop/web#spec")).toEqual([
    ["apps/prod", "Pod/web#spec"],
    ["apps/prod", "Pod/shop/web"],
    ["apps/prod", "Pod/web"],
    ["apps/prod", null],
    ...["apps", ""].flatMap((folder) =>
      ["Pod/shop/web#spec", "Pod/web#spec", "Pod/shop/web", "Pod/web", null].map((only) => [folder, only]),
    ),
  ]);
  expect([widerPlaces("", undefined), widerPlaces("", "Pod/web")]).toEqual([[], [["", null]]]);
});

test("a target is covered by each wider place, and by no other", () => {
  const at = (folder: string, only?: string) => targetIds("main", change(["ghcr.io/acme/web:1"], { folder, only }));
  const [narrow = ""] = at("apps/prod", "Pod/shop/web");
  const wide = [at(""), at("apps"), at("apps/prod"), at("", "Pod/web"), at("apps", "Pod/shop/web")];
  const others = [at("apps/prod2"), at("", "Pod/blog/web"), at("apps/prod/web"), at("", "Pod/shop/web#spec")];
  expect([wide.map((each) => covers(each, narrow)), others.map((each) => covers(each, narrow))]).toEqual([
    wide.map(() => true),
    others.map(() => false),
  ]);
});

test("targets have no wider places if these would fill a page", () => {
  const many = Array.from({ length: 50 }, (_, at) => `ghcr.io/acme/web-${at}:1`);
  const targets = targetIds("main", change(many, { folder: "a/b/c/d/e/f/g/h/i/j/k/l", only: undefined }));
  expect(targets.every((each) => each.length === 12)).toBe(true);
});

test("several images are one change in any order, with the targets of the single images", () => {
  const web = "ghcr.io/acme/web:1.4.3";
  const both = idsOn("main", change([web, "ghcr.io/acme/api:2.0.0"]));
  expect(both).toEqual({
    branch: "fairlead/api-and-1-more-58a3579e696f",
    change: "58a3579e696f",
    targets: [...targetIds("main", change([web])), ...targetIds("main", change(["ghcr.io/acme/api:1"]))].sort(),
  });
  expect(idsOn("main", change(["ghcr.io/acme/api:2.0.0", web, web]))).toEqual(both);
  expect(idsOn("main", change([web, "ghcr.io/acme/api:2.0.1"]))).toMatchObject({ targets: both.targets });
  expect(idsOn("main", change([web, "ghcr.io/acme/api:2.0.1"])).branch).not.toBe(both.branch);
});

test("the name of a change is short for any number of images, and differs if one differs", () => {
  const many = (last: string) => change([..."abcde"].map((name) => `ghcr.io/acme/${name}:${name === "e" ? last : "1"}`));
  expect(many("1").doing).toBe("deploy ghcr.io/acme/a:1 and 4 more images");
  expect(many("1").key).toBe("ghcr.io/acme/a:1 and 4 more images (a82d27564f82)");
  expect(many("2").key).not.toBe(many("1").key);
  expect(change(["a:1", "b:1"], { folder: "apps", only: "Pod/x" })).toMatchObject({
    doing: "deploy docker.io/library/a:1 and docker.io/library/b:1",
    key: "in apps only Pod/x docker.io/library/a:1 docker.io/library/b:1",
  });
});

test("a change with the placeholder digest of a dry run has no branch that could exist", () => {
  const unknown = { ...parseImage("ghcr.io/acme/web:1"), digest: unknownDigest };
  expect(idsOn("main", setImages({ ...whole, images: [unknown, parseImage("ghcr.io/acme/api:1")] }))).toMatchObject({
    branch: "fairlead/api-and-1-more-(known after push)",
  });
});

test("one repository with two values is refused, in any spelling", () => {
  expect(() => change(["nginx:1", "ghcr.io/acme/web:1", "docker.io/library/nginx:2"])).toThrow(
    new FairleadError("input", "docker.io/library/nginx has more than one value: docker.io/library/nginx:1, docker.io/library/nginx:2", {
      hint: "give each repository once",
    }),
  );
});

test("the branch of a very long name is short enough for a file's name", () => {
  const { branch, change: id } = idsOn("main", change([`ghcr.io/${"a".repeat(240)}:1.0.0`]));
  expect(branch).toBe(`fairlead/${"a".repeat(100)}-${id}`);
});
