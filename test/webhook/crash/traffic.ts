/** What is sent to the listener, and what it has answered. */
import { setTimeout as delay } from "node:timers/promises";
import { ociManifest } from "../../registries/content.ts";
import type { Sent as SentEvent } from "../listener.ts";
import type { Posted } from "./listener.ts";
import type { Random } from "./random.ts";
import { until } from "./watching.ts";
import type { World } from "./world.ts";

export const kinds = ["tell", "newest", "tag", "deploy"] as const;
export type Kind = (typeof kinds)[number] | "poison" | "antidote" | "ship";

/** A delivery that was sent, as often as it was. */
export interface Delivery {
  readonly kind: Kind;
  /** The provider's id of it. */
  readonly id: string;
  /** What its effect is known by: the commit in a message, or a tag. */
  readonly mark: string;
  readonly event: SentEvent;
  /** What was answered; undefined for each time that nobody answered. */
  readonly answers: (Posted | undefined)[];
}

export interface Traffic {
  readonly deliveries: readonly Delivery[];
  /** Makes a delivery that is not sent yet. */
  make(kind: Kind): Promise<Delivery>;
  /** Sends it so often at once, and again until somebody has answered that it is accepted or known. `once`: whatever is answered. */
  send(delivery: Delivery, options?: { readonly times?: number; readonly once?: boolean }): Promise<void>;
}

/** Tells whether somebody has answered that a delivery is stored. */
export function isAccepted({ answers }: Delivery): boolean {
  return answers.some((each) => each?.status === 202 || each?.body.duplicate !== undefined);
}

/** Worlds may have the same doubles, so no two deliveries are named alike. */
let made = 0;

/** Returns the sender of a world. It sends to any of the listeners that should be there. */
export function createTraffic(world: World, random: Random): Traffic {
  const deliveries: Delivery[] = [];
  return {
    deliveries,
    async make(kind) {
      const id = `${kind}-${++made}`;
      const commit = made.toString(16).padStart(40, "0");
      const event = eventOf(world, kind, id, kind === "ship" ? await commitTo(world, id) : commit);
      const delivery: Delivery = { kind, id, mark: markOf(event), event, answers: [] };
      deliveries.push(delivery);
      if (kind === "deploy") await giveTag(world, id);
      return delivery;
    },
    async send(delivery, { times = 1, once = false } = {}) {
      do {
        const answers = await Promise.all(
          Array.from({ length: times }, async () => {
            const { listeners } = world;
            return await world.post(delivery.event, delivery.id, { ...(listeners.length > 0 && { to: random.pick(listeners) }) });
          }),
        );
        delivery.answers.push(...answers);
        if (!once && !isAccepted(delivery)) await delay(100);
      } while (!once && !isAccepted(delivery));
    },
  };
}

function markOf(event: SentEvent): string {
  return event.kind === "push" ? event.commit : "tag" in event ? event.tag! : "";
}

/** Commits to the application, and returns the commit. */
async function commitTo({ doubles }: World, id: string): Promise<string> {
  return await doubles.flux.github.commit("acme/app", { branch: "main", files: { NEWS: `${id}\n` }, message: `Tell of ${id}` });
}

function eventOf({ doubles }: World, kind: Kind, tag: string, commit: string): SentEvent {
  const repository = "github.com/acme/app";
  if (kind === "tag") return { kind, repository, tag, commit: null };
  if (kind === "deploy") return { kind: "image", image: `${doubles.proxies.registry.host}/acme/web`, tag, digest: null };
  if (kind === "ship") return { kind: "push", repository: `${doubles.proxies.github.host}/acme/app`, branch: "main", commit, before: null };
  return { kind: "push", repository, branch: kind, commit, before: null };
}

/** Gives the application's image a tag of its own, as a build would: again when the registry breaks off, as it may when many write to one repository. */
async function giveTag({ doubles }: World, tag: string): Promise<void> {
  const manifests = `${doubles.registry.url}/v2/acme/web/manifests`;
  let said = "";
  const give = async (): Promise<boolean> => {
    const manifest = await fetch(`${manifests}/1.1.0`, { headers: { accept: ociManifest } });
    const body = await manifest.text();
    const put = await fetch(`${manifests}/${tag}`, { method: "PUT", headers: { "content-type": ociManifest }, body });
    said = `${manifest.status} ${put.status} ${await put.text()}`;
    return put.status === 201;
  };
  await until(give, () => `give tag ${tag}: ${said}`, 30_000);
}
