import { channel, type Doubles } from "./doubles.ts";

/** Returns a configuration whose routes make runs of one effect each. No attempt that is broken off may be the last one. */
export function configOf(doubles: Doubles, file: string, keys: readonly string[]): object {
  const { github, registry, slack } = doubles.proxies;
  return {
    version: 1,
    sources: { ci: { kind: "generic-hmac", secrets: keys } },
    store: `sqlite:${file}`,
    listen: { port: 0 },
    credentials: { slack: { token: "env:SLACK" }, [github.host]: { token: "env:GITHUB_TOKEN" } },
    servers: { github: { url: github.url, api: `${github.url}/api/v3` }, slack: { api: `${slack.url}/api/` } },
    workers: { count: 2, lease: "2s", attempts: 20 },
    routes: [...messageRoutes(), ...imageRoutes(`${registry.host}/acme/web`, `${github.url}/acme/flux`), shipRoute(doubles)],
  };
}

const push = { source: "ci", kind: "push", repository: "github.com/acme/app" };

/** Each delivery of these is told of once, but for those of `poison`, which always fail, and hold the lane of `antidote`. */
function messageRoutes(): readonly object[] {
  const message = { to: [`slack:${channel}`], message: "${{ event.commit }} of ${{ event.branch }}", key: "${{ event.commit }}" };
  const tell = (branch: string) => ({ name: branch, when: { ...push, branch }, run: "notify", with: message });
  const dead = { source: "127.0.0.1:9/acme/web:1", tags: ["${{ event.commit }}"] };
  const lane = { lane: "poison", policy: "every" };
  return [
    { ...tell("tell"), policy: "every" },
    { ...tell("newest"), policy: "newest", cancelRunning: true },
    { name: "poison", when: { ...push, branch: "poison" }, run: "retag", with: dead, ...lane, attempts: 2 },
    { ...tell("antidote"), ...lane },
  ];
}

/** Each tag is given to an image, and each image is to be deployed, one after the other. */
function imageRoutes(image: string, fluxRepository: string): readonly object[] {
  const { source, repository } = push;
  const tags = { source: `${image}:1.2.0`, tags: ["${{ event.tag }}"] };
  const deployed = { fluxRepository, images: ["${{ event.image }}:${{ event.tag }}"] };
  return [
    { name: "tag", when: { source, kind: "tag", repository, tag: "*" }, run: "retag", with: tags, lane: "tag" },
    { name: "deploy", when: { source, kind: "image", image, tag: "*" }, run: "deploy", with: deployed },
  ];
}

/** Each commit of the application is built, deployed and told of. */
function shipRoute({ proxies: { github, registry } }: Doubles): object {
  const when = { source: "ci", kind: "push", repository: `${github.host}/acme/app`, branch: "main" };
  const repositories = { repository: `${github.url}/acme/app`, fluxRepository: `${github.url}/acme/flux` };
  const shipped = { ...repositories, ref: "${{ event.commit }}", image: `${registry.host}/acme/web`, notify: [`slack:${channel}`] };
  return { name: "ship", when, run: "ship", with: shipped };
}
