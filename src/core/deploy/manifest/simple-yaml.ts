/**
 * Characters other than letters, marks, numbers, punctuation and ASCII: tabs, byte order marks, other line ends,
 * U+FFFD.
 */
const strange = /[^\r\n -~\p{L}\p{M}\p{N}\p{P}]|\r(?!\n)/u;

/** YAML limits a key on one line to 1024 characters; Kubernetes to 317. */
const key = "\\w[\\w./-]{0,316}";
const quoted = `"[^"\\\\]*"|'[^']*'`;
const plain = plainScalar("");
const flowScalar = `(?:${quoted}|${plainScalar(",[\\]{}")})`;
const pair = `${key}: +${flowScalar}`;
const value = `${quoted}|${plain}|${flow("\\{", pair, "\\}")}|${flow("\\[", flowScalar, "\\]")}`;
const end = "(?: +#.*| *)$";

const blankLine = /^ *(?:#|$)/;
const separator = new RegExp(`^---${end}`);
const entry = new RegExp(`^( *)(- +)?(?:(${key}):(?: +(${value}))?|(${value}))${end}`);
const pairs = new RegExp(pair, "g");

/** A depth that no person writes, and far less than the parser's stack allows. */
const deepest = 50;

/** An open block. A list has no keys. */
interface Level {
  readonly column: number;
  readonly keys: Set<string> | undefined;
}

/** The blocks around a line, and whether the key or dash before it still lacks its value. */
interface Position {
  readonly levels: Level[];
  isAwaiting: boolean;
}

/**
 * Tells whether a text is surely YAML without duplicate keys, for a fraction of what parsing costs.
 * It accepts the subset that most manifests use: blocks with word keys and one-line values, without escapes, anchors
 * and tags. Maps and lists in brackets may hold scalars only.
 * For any other text the answer is false, and only a parser knows. The text may be decoded from wrong UTF-8, with
 * U+FFFD for each wrong byte.
 */
export function isSimpleYaml(text: string): boolean {
  if (strange.test(text)) return false;
  let place: Position = { levels: [], isAwaiting: true };
  for (const line of text.split(/\r?\n/)) {
    if (blankLine.test(line)) continue;
    if (separator.test(line)) place = { levels: [], isAwaiting: true };
    else if (!readEntry(line, place)) return false;
  }
  return true;
}

/** Reads the line of a map's or list's entry. Returns false if it is none, or if no entry may stand there. */
function readEntry(line: string, place: Position): boolean {
  const [matched, indent = "", dash = "", name, named, item] = entry.exec(line) ?? [];
  if (matched === undefined || (dash === "" && name === undefined)) return false;
  if (dash !== "") {
    if (enter(place, indent.length, true) === undefined) return false;
    place.isAwaiting = true;
  }
  if (name !== undefined) {
    const keys = enter(place, indent.length + dash.length, false)?.keys;
    if (keys === undefined || keys.has(name)) return false;
    keys.add(name);
  }
  const text = named ?? item;
  place.isAwaiting = text === undefined;
  return text?.startsWith("{") !== true || hasUniqueKeys(text);
}

/** Returns the block of an entry at a column, which the entry may open; undefined if no entry may stand there. */
function enter(place: Position, column: number, isList: boolean): Level | undefined {
  const { levels } = place;
  let last = levels.at(-1);
  // A key's list may stand in the key's own column. It ends at the next key.
  while (last !== undefined && (last.column > column || (last.column === column && last.keys === undefined && !isList))) {
    levels.pop();
    place.isAwaiting = false;
    last = levels.at(-1);
  }
  if (last?.column === column && (last.keys === undefined) === isList) return last;
  if (!place.isAwaiting || levels.length === deepest) return undefined;
  const level: Level = { column, keys: isList ? undefined : new Set() };
  levels.push(level);
  return level;
}

function hasUniqueKeys(flowMap: string): boolean {
  const names = (flowMap.match(pairs) ?? []).map((each) => each.slice(0, each.indexOf(":")));
  return new Set(names).size === names.length;
}

/** Returns the regex source of a plain scalar on one line, without the characters that it may not hold there. */
function plainScalar(without: string): string {
  const rest = `[^ :${without}]*(?::(?=[^ ${without}])[^ :${without}]*)*`;
  return `(?:[\\w./$+~(]|--?(?=\\w))${rest}(?: +[^ :#${without}]${rest})*`;
}

/** Returns the regex source of a map or list in brackets. */
function flow(open: string, part: string, close: string): string {
  return `${open} *(?:${part}(?: *, *${part})* *)?${close}`;
}
