/** A wall clock that jumps, for the processes that are started with it: https://github.com/wolfcw/libfaketime#readme */
import { globSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The library that moves it; undefined where Debian's package `faketime` is not installed. */
export const [fakeTime] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");

export interface MovedClock {
  /** The environment of whoever has this clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it to so many seconds beside this machine's, at once for all that run. The monotonic clock goes on as it was. */
  move(seconds: number): Promise<void>;
}

/** Returns a clock that is right until it is moved. Its file is in this folder. */
export async function createMovedClock(folder: string): Promise<MovedClock> {
  const file = join(folder, "clock");
  const move = async (seconds: number): Promise<void> => {
    await writeFile(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    await rename(`${file}.new`, file); // each look at the clock reads it
  };
  await move(0);
  const settings = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
  return { env: { LD_PRELOAD: fakeTime ?? "", ...settings }, move };
}
