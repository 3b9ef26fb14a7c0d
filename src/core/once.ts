/** Returns what was made for a key, or makes it: all who ask meanwhile share one promise. What fails is made again the next time. */
export async function once<K, T>(made: Map<K, Promise<unknown>>, key: K, make: () => Promise<T>): Promise<T> {
  const making = (made.get(key) as Promise<T> | undefined) ?? make();
  made.set(key, making);
  try {
    return await making;
  } catch (error) {
    if (made.get(key) === making) made.delete(key);
    throw error;
  }
}
