/** Slack's rules for blocks. https://docs.slack.dev/reference/block-kit/blocks */

type Fields = Readonly<Record<string, unknown>>;
type Check = (block: Fields) => string | undefined;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** A text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
function checkText(value: unknown, types: readonly string[], most: number): string | undefined {
  if (!isFields(value)) return "missing required field: text";
  if (!types.includes(String(value.type))) return `must be one of ${types.join(", ")}`;
  const text = value.text;
  if (typeof text !== "string" || text.length === 0) return "must be more than 0 characters";
  return text.length > most ? `must be less than ${most + 1} characters` : undefined;
}

const anyText = ["plain_text", "mrkdwn"];

function checkSection({ text, fields }: Fields): string | undefined {
  if (text === undefined && fields === undefined) return "missing required field: text";
  if (text !== undefined) return checkText(text, anyText, 3000) ?? (fields === undefined ? undefined : checkFields(fields));
  return checkFields(fields);
}

function checkFields(fields: unknown): string | undefined {
  return checkList(fields, 10, (field) => checkText(field, anyText, 2000));
}

function checkList(value: unknown, most: number, check: (item: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return "no items";
  if (value.length > most) return `no more than ${most} items allowed`;
  return value.map(check).find((error) => error !== undefined);
}

function checkContextElement(element: unknown): string | undefined {
  if (isFields(element) && element.type === "image") return checkImage(element);
  return checkText(element, anyText, 2000);
}

function checkImage(image: Fields): string | undefined {
  if (typeof image.alt_text !== "string") return "missing required field: alt_text";
  return typeof image.image_url === "string" || isFields(image.slack_file) ? undefined : "missing required field: image_url";
}

function checkElement(element: unknown): string | undefined {
  if (!isFields(element) || typeof element.type !== "string") return "missing required field: type";
  if (element.type !== "button") return undefined;
  const url = element.url;
  if (typeof url === "string" && (url.length > 3000 || !URL.canParse(url))) return "invalid url";
  return checkText(element.text, ["plain_text"], 75);
}

function checkMarkdown({ text }: Fields): string | undefined {
  return typeof text !== "string"
    ? "missing required field: text"
    : text.length > 12_000
      ? "must be less than 12001 characters"
      : undefined;
}

/** All types that a message may hold. Those that we do not send are accepted unchecked. */
const checks: Readonly<Record<string, Check>> = {
  actions: ({ elements }) => checkList(elements, 25, checkElement),
  context: ({ elements }) => checkList(elements, 10, checkContextElement),
  divider: () => undefined,
  file: () => undefined,
  header: ({ text }) => checkText(text, ["plain_text"], 150),
  image: checkImage,
  input: () => undefined,
  markdown: checkMarkdown,
  rich_text: ({ elements }) => (Array.isArray(elements) ? undefined : "missing required field: elements"),
  section: checkSection,
  table: () => undefined,
  video: () => undefined,
};

const mostBlocks = 50;

/** Returns the problems of a list of blocks, in Slack's words: `[ERROR] … [json-pointer:/blocks/0]`. */
export function checkBlocks(blocks: readonly unknown[]): readonly string[] {
  if (blocks.length > mostBlocks) return [`[ERROR] no more than ${mostBlocks} items allowed [json-pointer:/blocks]`];
  return blocks.flatMap((block, at) => {
    const error = checkBlock(block);
    return error === undefined ? [] : [`[ERROR] ${error} [json-pointer:/blocks/${at}]`];
  });
}

function checkBlock(block: unknown): string | undefined {
  if (!isFields(block)) return "must be an object";
  const check = checks[String(block.type)];
  if (!check) return `unsupported type: ${String(block.type)}`;
  const id = block.block_id;
  return typeof id === "string" && id.length > 255 ? "must be less than 256 characters" : check(block);
}
