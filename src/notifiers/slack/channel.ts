import { FairleadError } from "../../core/errors.ts";

/** A channel, a private channel or a direct message. https://docs.slack.dev/reference/objects/conversation-object */
const channelId = /^[CGD][A-Z0-9]{8,}$/;

/** Returns the ID of a channel. Throws `input` for everything else: a name can be given to another channel, and only by an ID can one look back. */
export function readChannel(place: string | undefined): string {
  if (place !== undefined && channelId.test(place)) return place;
  const given = place === undefined ? "slack" : `slack:${place}`;
  throw new FairleadError("input", `"${given}" is no destination: slack needs an ID`, {
    hint: "copy the ID from the end of the channel's details in Slack, and write slack:C0123456789",
  });
}
