/**
 * Returns what somebody wrote without the user and the password before its host: an error that says what cannot be read must not show them. The user
 * of an SSH address alone, and the digest behind an image's `@`, stay.
 */
export function withoutLogin(text: string): string {
  const at = text.replace(/@sha\d+:.*$/i, "").lastIndexOf("@");
  const [scheme = ""] = /^[a-z][\w+.-]*:\/\//i.exec(text) ?? [];
  const before = text.slice(scheme.length, Math.max(at, scheme.length));
  const isLogin = /^[^/]*:(?!\d+\/)/.test(before) || /^https?:/i.test(scheme); // a port is no password, nor is a tag behind a path
  return at >= 0 && isLogin ? `${scheme}***${text.slice(at)}` : text;
}
