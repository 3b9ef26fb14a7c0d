/** What each source says in which fields: what the cases of the fixtures do not show. */
import { describe, expect, test } from "vitest";
import { before, commit, digest, hub, post, push, pushed, secret, sign, zero, type Sent } from "./post.ts";

describe("images", () => {
  const resource = (fields: object): Sent => {
    const body = { type: "PUSH_ARTIFACT", event_data: { resources: [fields] } };
    return { source: "harbor", body, headers: { Authorization: secret } };
  };
  const pushedImage = { source: "harbor", delivery: null, kind: "image" };

  test.each([
    [
      "a colon of the host",
      { resource_url: "reg.example:5000/a/b:1", tag: "1", digest },
      { image: "reg.example:5000/a/b", tag: "1", digest },
    ],
    ["a digest as tag", { resource_url: `reg.example/a@${digest}`, tag: digest, digest }, { image: "reg.example/a", tag: null, digest }],
    [
      "a digest that is none",
      { resource_url: "reg.example/a:1", tag: "1", digest: "sha256:AB" },
      { image: "reg.example/a", tag: "1", digest: null },
    ],
  ])("the image of a Harbor event with %s is read", async (_, fields, event) => {
    expect((await post(resource(fields))).events).toEqual([{ ...pushedImage, ...event }]);
  });

  test("an image without tag and digest makes no event", async () => {
    expect(await post(resource({ resource_url: "reg.example/a" }))).toMatchObject({
      status: 200,
      reason: "no image with a tag or a digest",
    });
  });

  test.each([
    [{ repo_name: "" }, { tag: "1" }, 400],
    [{ repo_name: "acme/app" }, { tag: "" }, 200],
    [{ repo_name: ["acme/app"] }, { tag: "1" }, 400],
  ])(
    "a Docker Hub event with repository %j and push data %j, empty or of another type, has no such field",
    async (repository, push_data, status) => {
      expect((await post({ source: "docker-hub", body: { repository, push_data } })).status).toBe(status);
    },
  );

  test("Docker's own images on Docker Hub are in library", async () => {
    const body = { repository: { repo_name: "nginx" }, push_data: { tag: "1" } };
    expect((await post({ source: "docker-hub", body })).events).toMatchObject([{ image: "docker.io/library/nginx" }]);
  });

  test("an ECR registry in China has the domain amazonaws.com.cn", async () => {
    const detail = { "action-type": "PUSH", result: "SUCCESS", "repository-name": "a", "image-tag": "1" };
    const body = { id: "1", source: "aws.ecr", "detail-type": "ECR Image Action", account: "123456789012", region: "cn-north-1", detail };
    const { events } = await post({ source: "ecr", body, headers: { "X-Api-Key": secret } });
    expect(events).toMatchObject([{ image: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a" }]);
  });

  test.each([
    ["pkg:oci/app@sha256%3A{}?repository_url=ghcr.io/acme/app&tag=a%2Bb+c", { image: "ghcr.io/acme/app", tag: "a+b+c" }],
    ["pkg:OCI/app@sha256%3A{}?arch=amd64&Repository_URL=ghcr.io%2Facme%2Fapp#sub", { image: "ghcr.io/acme/app", tag: null }],
  ])("the image of the package URL %s is read", async (id, fields) => {
    const type = "dev.cdevents.artifact.published.0.2.0";
    const body = { context: { type, id: "1" }, subject: { id: id.replace("{}", digest.slice(7)) } };
    const { events } = await post({ source: "cdevents", body, headers: { "Ce-Type": type } });
    expect(events).toEqual([{ source: "cdevents", delivery: "1", kind: "image", digest, ...fields }]);
  });

  test.each([
    "pkg:oci/app@sha256%3Aaa",
    "pkg:oci/app?repository_url=%ZZ",
    "pkg:oci/app?repository_url=",
    "pkg:docker/app?repository_url=a/b",
  ])("the package URL %s names no image", async (id) => {
    const type = "dev.cdevents.artifact.published.0.2.0";
    expect((await post({ source: "cdevents", body: { context: { type }, subject: { id } }, headers: { "Ce-Type": type } })).status).toBe(
      200,
    );
  });

  test("a CDEvent in an envelope of another type is refused", async () => {
    const body = { context: { type: "dev.cdevents.artifact.published.0.2.0" }, subject: { id: "x" } };
    expect((await post({ source: "cdevents", body, headers: { "Ce-Type": "dev.cdevents.artifact.packaged.0.2.0" } })).status).toBe(400);
  });
});

/** A payload at the path of names, as an object. */
function under(path: string, value: unknown): object {
  return path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}

describe("GitHub and its container registry", () => {
  test("the commit of an annotated tag on GitHub is its head commit, not the tag object", async () => {
    const ref = "refs/tags/v1";
    const tag = { source: "github", delivery: "1", kind: "tag", repository: "github.com/acme/app", tag: "v1" };
    expect((await post(hub("push", { ...push, ref, head_commit: { id: before } }))).events).toEqual([{ ...tag, commit: before }]);
    expect((await post(hub("push", { ...push, ref, head_commit: null }))).events).toEqual([{ ...tag, commit }]);
  });

  test.each([zero, "0".repeat(64)])("a branch of GitHub whose head is %s is a deletion", async (after) => {
    expect(await post(hub("push", { ...push, after }))).toMatchObject({ status: 200, reason: "branch deleted" });
  });

  test("a ref of GitHub that only contains refs/heads/ is no branch", async () => {
    expect((await post(hub("push", { ...push, ref: "x/refs/heads/main" }))).status).toBe(200);
  });

  test("plus signs in GitHub's form are spaces, decoded once", async () => {
    const json = JSON.stringify({ ...push, ref: "refs/heads/a+b c%20" });
    const body = `payload=${encodeURIComponent(json).replaceAll("%20", "+")}`;
    const sent = hub("push", body);
    const { events } = await post({ ...sent, headers: { ...sent.headers, "Content-Type": "application/x-www-form-urlencoded" } });
    expect(events).toEqual([{ ...pushed, branch: "a+b c%20" }]);
  });

  test.each([[[]], ["x"], [null]])("a package of GHCR whose container metadata is %j is no image", async (container_metadata) => {
    const body = {
      action: "published",
      package: { package_version: { container_metadata, package_url: "ghcr.io/a/b:1", version: digest } },
    };
    expect((await post(hub("package", body, secret, "ghcr"))).status).toBe(200);
  });

  test("the owner of a GHCR image is lower-case, also when it is not on GitHub", async () => {
    const version = {
      container_metadata: { tag: { name: "" }, manifest: { digest: "x" } },
      package_url: "ghcr.io/Acme/App:",
      version: digest,
    };
    const body = { action: "updated", package: { package_version: version } };
    const { events } = await post(hub("package", body, secret, "ghcr"));
    expect(events).toEqual([{ source: "ghcr", delivery: "1", kind: "image", image: "ghcr.io/acme/app", tag: null, digest }]);
  });
});

describe("GitLab", () => {
  const request = {
    ...{ action: "update", iid: 7, source_branch: "topic", target_branch: "main", last_commit: { id: commit } },
    ...{ source_project_id: 1, target_project_id: 1 },
  };
  const read = (attributes: object): ReturnType<typeof post> => {
    const project = { web_url: "https://gitlab.example/acme/app", path_with_namespace: "acme/app" };
    const headers = { "X-Gitlab-Event": "Merge Request Hook", "X-Gitlab-Token": secret };
    return post({ source: "gitlab", body: { project, object_attributes: { ...request, ...attributes } }, headers });
  };

  test.each([
    [{ oldrev: before }, 202],
    [{ oldrev: null }, 200],
    [{}, 200],
  ])("an update of a GitLab merge request with %j is an event if it has new commits", async (attributes, status) => {
    expect((await read(attributes)).status).toBe(status);
  });

  test.each([
    ["no action", { action: undefined }],
    ["the action null", { action: null }],
    ["an action of another type", { action: ["open"] }],
    ["no last commit", { action: "open", last_commit: undefined }],
    ["the last commit null", { action: "open", last_commit: null }],
    ["a last commit without an id", { action: "merge", last_commit: {} }],
  ])("a GitLab merge request with %s is ignored, so that GitLab does not turn off the hook", async (_, attributes) => {
    expect(await read(attributes)).toMatchObject({ status: 200, outcome: "ignored", events: [] });
  });

  test.each([
    ["push", "Push Hook", { ref: "refs/heads/main", before, after: commit }],
    ["tag push", "Tag Push Hook", { ref: "refs/tags/v1", before: zero, after: commit, checkout_sha: commit }],
    ["merge request", "Merge Request Hook", { object_attributes: { ...request, action: "open" } }],
  ])("a GitLab %s names its repository below the path of its server", async (_, event, fields) => {
    const project = { web_url: "https://git.example/gitlab/acme/team/app", path_with_namespace: "acme/team/app" };
    const headers = { "X-Gitlab-Event": event, "X-Gitlab-Token": secret };
    const { events } = await post({ source: "gitlab", body: { project, ...fields }, headers });
    expect(events).toMatchObject([{ repository: "git.example/gitlab/acme/team/app" }]);
  });

  test.each([
    [{ source_project_id: 1 }, [{ fork: false }]],
    [{ source_project_id: 2 }, [{ fork: true }]],
    [{ source_project_id: null }, [{ fork: true }]],
    [{ source_project_id: "1" }, []],
  ])("a GitLab merge request from source %j is a fork unless source and target are one project", async (attributes, events) => {
    expect((await read({ ...attributes, action: "open" })).events).toMatchObject(events);
  });
});

describe("Gitea", () => {
  const form = (payload: string): string => `payload=${encodeURIComponent(payload).replaceAll("%20", "+")}`;
  const sendForm = (body: string, signed: string): ReturnType<typeof post> => {
    const headers = { "X-Gitea-Event": "push", "X-Gitea-Delivery": "1", "X-Gitea-Signature": sign(signed) };
    return post({ source: "gitea", body, headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" } });
  };
  const json = JSON.stringify({ ...push, ref: "refs/heads/a+b c%20ü" });

  test("a form of Gitea is proven by the signature of the JSON in it, decoded once", async () => {
    expect(await sendForm(form(json), json)).toMatchObject({ status: 202, events: [{ ...pushed, source: "gitea", branch: "a+b c%20ü" }] });
  });

  test.each([
    ["the signature of the raw form", form(json), form(json)],
    ["another payload", form(json.replace("main", "evil").replace("a+b", "evil")), json],
    ["another payload before the signed one", `${form("{}")}&${form(json)}`, json],
    ["no payload", "load=1", ""],
    ["a payload that is not percent-encoded", "payload=%", "%"],
    ["a payload that is not UTF-8", "payload=%ff", "\uFFFD"],
    ["nothing", "", ""],
  ])("a form of Gitea with %s is not proven", async (_, body, signed) => {
    expect((await sendForm(body, signed)).status).toBe(401);
  });

  test("a form of Gitea whose signed payload is no JSON is malformed", async () => {
    expect((await sendForm(form("{"), "{")).status).toBe(400);
  });

  test.each([
    [1, false],
    [2, true],
  ])("a Gitea pull request from repository %i to 1 is a fork if they differ", async (repo_id, fork) => {
    const pull_request = { head: { ref: "topic", sha: commit, repo_id }, base: { ref: "main", repo_id: 1 } };
    const body = { action: "reopened", number: 7, repository: push.repository, pull_request };
    const headers = { "X-Gitea-Event": "pull_request", "X-Gitea-Signature": sign(body).toUpperCase() };
    expect((await post({ source: "gitea", body, headers })).events).toMatchObject([{ action: "opened", fork }]);
  });
});

describe("Bitbucket", () => {
  const bitbucket = (source: string, event: string, body: object): ReturnType<typeof post> =>
    post({ source, body, headers: { "X-Event-Key": event, "X-Hub-Signature": `sha256=${sign(body)}` } });

  test.each([
    [{ full_name: "acme/app" }, [{ fork: false }]],
    [{ full_name: "mona/app" }, [{ fork: true }]],
    [null, [{ fork: true }]],
    ["acme/app", []],
  ])("a Bitbucket Cloud pull request from %j is a fork unless it is the same repository", async (from, events) => {
    const source = { repository: from, branch: { name: "topic" }, commit: { hash: "4f1c2aa0b5d9" } };
    const pullrequest = { id: 7, source, destination: { branch: { name: "main" } } };
    const { events: told } = await bitbucket("bitbucket-cloud", "pullrequest:created", {
      repository: { full_name: "acme/app" },
      pullrequest,
    });
    expect(told).toMatchObject(events);
  });

  test("a Bitbucket Cloud push with several changes makes an event of each branch and tag", async () => {
    const change = (type: string, name: string): object => ({ old: null, new: { type, name, target: { hash: commit } } });
    const changes = [change("annotated_tag", "v1"), { new: null }, change("bookmark", "x"), change("branch", "main")];
    const { events } = await bitbucket("bitbucket-cloud", "repo:push", { repository: { full_name: "acme/app" }, push: { changes } });
    expect(events).toMatchObject([
      { kind: "tag", tag: "v1", commit },
      { kind: "push", branch: "main", before: null },
    ]);
  });

  const repository = (links: object): object => ({ id: 1, slug: "app", project: { key: "PLAT" }, links });
  test.each([
    [{ self: [{ href: "https://one.example/x" }], clone: [{ name: "http", href: "https://two.example/x" }] }, [], "one.example/PLAT/app"],
    [
      {
        clone: [
          { name: "ssh", href: "https://ssh.example" },
          { name: "http", href: "http://two.example:7990/x" },
        ],
      },
      [],
      "two.example:7990/PLAT/app",
    ],
    [{ self: [{ href: "ssh://git@one.example/x" }] }, [{ href: "https://three.example/x" }], "three.example/PLAT/app"],
    [{}, [], "PLAT/app"],
  ])("the host of a Bitbucket Server repository is read from the links %j", async (links, self, name) => {
    const ref = { displayId: "main", latestCommit: commit, repository: repository(links) };
    const { events } = await bitbucket("bitbucket-server", "pr:deleted", {
      pullRequest: { id: 7, fromRef: ref, toRef: ref, links: { self } },
    });
    expect(events).toMatchObject([{ repository: name, action: "closed", fork: false }]);
  });
});

describe("registries", () => {
  const image = { kind: "image", tag: "1", digest: null };

  test.each([
    ["one that has failed", { error_message: "no", image_id: "x" }, []],
    ["one of several manifests", { manifest_digests: [digest, digest] }, [{ tag: "main", digest: null }]],
    ["one with an image", { image_id: "x" }, [{ tag: "main", digest: null }]],
  ])("a build of Quay makes an event only when it has succeeded: %s", async (_, build, events) => {
    const body = { build_id: "1", docker_url: "quay.io/acme/app", docker_tags: ["main"], ...build };
    expect((await post({ source: "quay", body })).events).toMatchObject(events);
  });

  test("Harbor's CloudEvent format has a delivery id; its other format has none", async () => {
    const resources = [{ resource_url: "reg.example/a:1", tag: "1" }];
    const headers = { Authorization: secret, "Content-Type": "application/cloudevents+json" };
    const old = { source: "harbor", headers, body: { id: "7", type: "PUSH_ARTIFACT", event_data: { resources } } };
    const now = { source: "harbor", headers, body: { id: "7", type: "harbor.artifact.pushed", data: { resources } } };
    expect((await post(old)).events).toMatchObject([{ ...image, delivery: null }]);
    expect((await post(now)).events).toMatchObject([{ ...image, delivery: "7" }]);
  });

  test.each([
    ["UPDATED", "docker", { registryHost: "reg.example:5000" }, [{ ...image, image: "reg.example:5000/a/b" }]],
    ["CREATED", "docker", {}, [{ ...image, image: "a/b" }]],
    ["CREATED", "maven2", {}, []],
    ["PURGED", "docker", {}, []],
  ])("a component of Nexus makes an event by action %s, format %s and options %j", async (action, format, options, events) => {
    const body = { action, component: { format, name: "a/b", version: "1" } };
    const headers = { "X-Nexus-Webhook-Id": "rm:repository:component", "X-Nexus-Webhook-Signature": sign(body, secret, "sha1") };
    expect((await post({ source: "nexus", body, headers, options })).events).toMatchObject(events);
  });

  test.each([
    ["SUCCESS", 202],
    ["FAILURE", 200],
  ])("a push to ECR with result %s makes an event only on SUCCESS", async (result, status) => {
    const detail = { "action-type": "PUSH", result, "repository-name": "a", "image-tag": "1" };
    const body = { source: "aws.ecr", "detail-type": "ECR Image Action", account: "1", region: "eu-west-1", detail };
    expect((await post({ source: "ecr", body, headers: { "X-Api-Key": secret } })).status).toBe(status);
  });
});

describe("Spinnaker and Flux", () => {
  const echo = (type: string, content: object): ReturnType<typeof post> =>
    post({ source: "spinnaker", body: { details: { type }, content }, headers: { Authorization: `Bearer ${secret}` } });

  test.each([
    ["a flag of the stage", { canceled: true, execution: { name: "p" } }, "canceled"],
    ["a flag of the execution", { execution: { name: "p", canceled: true } }, "canceled"],
    ["the status", { execution: { name: "p", status: "CANCELED" } }, "canceled"],
    ["nothing", { execution: { name: "p", status: "TERMINAL" } }, "failed"],
  ])("a failed Spinnaker pipeline is canceled, not failed, by %s", async (_, content, state) => {
    expect((await echo("orca:pipeline:failed", content)).events).toMatchObject([{ pipeline: "p", stage: null, state }]);
  });

  test("a synthetic stage of Spinnaker is ignored, and one without a name is refused", async () => {
    const stage = { name: "Bake", execution: { name: "p" } };
    expect((await echo("orca:stage:complete", { ...stage, isSynthetic: true })).status).toBe(200);
    expect((await echo("orca:stage:complete", { ...stage, name: null })).status).toBe(400);
    expect((await echo("orca:stage:complete", { ...stage, isSynthetic: "yes" })).status).toBe(202);
  });

  test.each([
    [{ hash: commit, buildInfo: { scm: [{ sha1: before }] } }, commit],
    [{ buildInfo: { scm: [{ sha1: before }, { sha1: commit }] } }, before],
    [{ buildInfo: { scm: { 0: { sha1: before } } } }, null],
    [{}, null],
  ])("the commit of a Spinnaker pipeline is read from the trigger %j", async (trigger, expected) => {
    const { events } = await echo("orca:stage:starting", { name: "Bake", execution: { name: "p", trigger } });
    expect(events).toMatchObject([{ stage: "Bake", state: "starting", commit: expected }]);
  });

  test.each([
    [under("metadata.revision", "main@sha1:1"), [{ revision: "main@sha1:1" }]],
    [{ metadata: { "helm.toolkit.fluxcd.io/revision": "2" } }, [{ revision: "2" }]],
    [{ metadata: { "kustomize.toolkit.fluxcd.io/revision": "3" } }, []],
    [{}, []],
  ])("the revision of a Flux event is read from the metadata %j", async (metadata, events) => {
    const involvedObject = { kind: "HelmRelease", namespace: "apps", name: "web", apiVersion: "helm.toolkit.fluxcd.io/v2" };
    const body = { involvedObject, severity: "info", reason: "UpgradeSucceeded", message: "", ...metadata };
    expect((await post({ source: "flux", body, secrets: [] })).events).toMatchObject(events);
  });
});
