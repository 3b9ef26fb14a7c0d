/** What this machine refused, and what to do. It is nobody's bug. */
export interface SystemProblem {
  /** `busy` may pass by itself, `forbidden` and `input` do not. */
  readonly kind: "busy" | "forbidden" | "input";
  /** `verb object: cause`. */
  readonly message: string;
  readonly hint: string;
}

interface Meaning extends Pick<SystemProblem, "kind" | "hint"> {
  readonly words: string;
  /** The text of C's `strerror`, by which other programs tell it; Go writes it small. */
  readonly says?: RegExp;
}

const full = { kind: "busy", hint: "free space on the disk, or name a folder on another disk in TMPDIR" } as const;
const files = { kind: "busy", hint: "raise the limit of open files: ulimit -n 65536" } as const;
const placeless = { kind: "input", hint: "name a folder that exists, and that you may write to, in TMPDIR" } as const;

/** Errors of the machine by their names. https://man7.org/linux/man-pages/man3/errno.3.html */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: { ...full, words: "no space left on device", says: /No space left on device/i },
  EDQUOT: { ...full, words: "the disk quota is used up", says: /Disk quota exceeded/i },
  EMFILE: { ...files, words: "too many open files", says: /Too many open files/i },
  ENFILE: { ...files, words: "too many open files on this machine" },
  ENOMEM: { kind: "busy", words: "not enough memory", hint: "free memory, or give this machine more", says: /Cannot allocate memory/i },
  EIO: { kind: "busy", words: "the disk failed to read or write", hint: "check the disk of this machine", says: /Input\/output error/i },
  EACCES: { kind: "forbidden", words: "permission denied", hint: "run it as a user who may, or change the permissions" },
  EPERM: { kind: "forbidden", words: "operation not permitted", hint: "run it as a user who may, or change the permissions" },
  EROFS: {
    kind: "forbidden",
    words: "read-only file system",
    hint: "name a folder that can be written to",
    says: /Read-only file system/i,
  },
};

/** What is wrong with a temporary folder's own place: anywhere else, a missing file may be our mistake. */
const placeMeanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { ...placeless, words: "there is no such folder" },
  ENOTDIR: { ...placeless, words: "it is not a folder" },
};

/** Returns what this machine refused by an error of Node's; undefined for any other error, such as that of a connection. */
export function systemProblem(error: unknown): SystemProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return undefined;
  const temporary = syscall === "mkdtemp" && path !== undefined;
  const meaning = meanings[code] ?? (temporary ? placeMeanings[code] : undefined);
  if (meaning === undefined || syscall === "connect") return undefined;
  const folder = path?.replace(/\/[^/]*$/, "") ?? "";
  const doing = temporary ? `make a temporary folder in ${folder === "" ? "/" : folder}` : actionOf(syscall, path);
  const hint = temporary && meaning.kind === "forbidden" ? placeless.hint : !temporary && isFull(code) ? fullHint(folder) : meaning.hint;
  return { kind: meaning.kind, message: `${doing}: ${meaning.words} (${code})`, hint };
}

function isFull(code: string): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Only a temporary folder is by TMPDIR on another disk. Without a path, nobody knows which disk it is. */
function fullHint(folder: string): string {
  return folder === "" ? full.hint : `free space on the disk of ${folder}`;
}

/** Node names the program in the call that starts it, and no file where one is open already. */
function actionOf(syscall: string, path: string | undefined): string {
  if (path !== undefined) return syscall.includes(path) ? syscall : `${syscall} ${path}`;
  return syscall === "read" || syscall === "write" ? `${syscall} a file` : syscall;
}

/** Returns what this machine refused by what a program of ours printed; undefined where it says nothing of the kind. A server's lines do not count. */
export function printedProblem(doing: string, text: string): SystemProblem | undefined {
  const own = text.replace(/^remote: .*$/gm, "");
  const found = Object.entries(meanings).find(([, { says }]) => says?.test(own) === true);
  if (found === undefined) return undefined;
  const [code, { kind, words, hint }] = found;
  return { kind, message: `${doing}: ${words} (${code})`, hint };
}
