/** Returns fairlead's version. The bundle has package.json within; without a bundle it is read. */
export async function readVersion(): Promise<string> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  return manifest.version;
}
