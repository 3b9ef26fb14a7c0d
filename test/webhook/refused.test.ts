/** Values of events that cannot stand where a route puts them. */
import { expect, test } from "vitest";
import { openDoor, type Door } from "../attack/door.ts";
import { pushOf, signature } from "../attack/signed.ts";

const route = (name: string, tags: readonly string[], image = "ghcr.io/acme/app"): object => ({
  ...{ name, when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "**" }, run: "build" },
  with: { repository: "${{ event.repository }}", image, tags },
});
const open = (...routes: readonly object[]): Promise<Door> =>
  openDoor({ sources: { ci: { kind: "generic-hmac", secrets: "SECRET" } }, routes });
const deliver = async (door: Door, branch: string): Promise<unknown> => {
  const body = JSON.stringify(pushOf(branch));
  const { status, body: answered } = await door.post("ci", body, signature(body));
  return { status, ...answered };
};
const id = expect.any(String) as unknown;

test("a delivery whose value fits no field of its route is answered refused with why", async () => {
  await using door = await open(route("branches", ["${{ event.branch }}"]));
  const why = 'branches: build: tags.0: "feature/login" is not a tag';
  expect(await deliver(door, "feature/login")).toEqual({ status: 202, refused: why, delivery: id, runs: [] });
  expect(door.logged.at(-1)).toMatchObject({ status: 202, refused: [why] });
  expect(await deliver(door, "main")).toMatchObject({ status: 202, accepted: "verified and understood" });
});

test("a delivery that one route takes and another refuses is answered with both", async () => {
  await using door = await open(route("plain", ["${{ event.branch }}"]), route("made", ["${{ event.branch | tag }}"]));
  expect(await deliver(door, "feature/login")).toEqual({
    ...{ status: 202, accepted: "verified and understood", refused: 'plain: build: tags.0: "feature/login" is not a tag' },
    ...{ delivery: id, runs: [id] },
  });
  const [run] = await door.store.runs({ limit: 9 });
  expect(run).toMatchObject({ route: "made", input: { tags: ["feature-login"] } });
});

test("filters make a tag, a short commit and a lane of an event, one after the other", async () => {
  const tags = ["${{event.branch|tag|lower}}", "sha-${{ event.commit | short }}"];
  await using door = await open({
    ...route("all", tags, "ghcr.io/acme/app:${{ event.branch | slug }}"),
    lane: "build ${{ event.branch | lower }}",
  });
  await deliver(door, "Feature/LOGIN+1");
  const [run] = await door.store.runs({ limit: 9 });
  expect(run).toMatchObject({
    lane: "build feature/login+1",
    input: { image: "ghcr.io/acme/app:feature-login-1", tags: ["feature-login-1", "sha-4f1c2aa"] },
  });
});

test("a value of which a filter leaves nothing makes no run", async () => {
  await using door = await open(route("branches", ["${{ event.branch | tag }}"]));
  expect(await deliver(door, "é")).toMatchObject({ status: 202, refused: "branches: nothing is left of event.branch by tag", runs: [] });
});

test.each([
  ["${{ event.branch | tg }}", 'there is no filter "tg": did you mean tag?'],
  ["${{ event.branch | upper }}", 'there is no filter "upper": '],
  ["${{ event.branch | }}", 'there is no filter "": name one of lower, short, slug, tag'],
  ["${{ tag | event.branch }}", "expected ${{ event.FIELD }}, and nothing else between the braces"],
])("the template %s is refused at the start", async (tag, message) => {
  await expect(open(route("branches", [tag]))).rejects.toThrow(message);
});

test.each([
  ["repository", { repository: "${{ event.repository | lower }}", image: "ghcr.io/acme/app" }, "a repository is written out"],
  [
    "image",
    { repository: "${{ event.repository }}", image: "ghcr.io/${{ event.branch | slug }}" },
    "the registry and repository of an image",
  ],
])("a filter names no other %s", async (_, given, message) => {
  await expect(open({ ...route("branches", []), with: given })).rejects.toThrow(message);
});
