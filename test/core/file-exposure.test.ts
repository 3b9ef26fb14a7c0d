import { expect, test } from "vitest";
import { exposureOf, exposureText } from "../../src/core/file-exposure.ts";

const root = 0;
const service = 1000;

test("a file's mode says the most that others may do with it", () => {
  const shown = (mode: number, uid: number): string => {
    const found = exposureOf({ mode: 0o100000 | mode, uid });
    return found === undefined ? "private" : exposureText(found);
  };
  expect(
    Object.fromEntries(
      [0o400, 0o600, 0o700, 0o640, 0o604, 0o644, 0o660, 0o664, 0o666, 0o602].map((mode) => [
        mode.toString(8),
        [shown(mode, service), shown(mode, root)],
      ]),
    ),
  ).toEqual({
    400: ["private", "private"],
    600: ["private", "private"],
    700: ["private", "private"],
    640: ["can be read by its group (mode 0640)", "private"],
    604: ["can be read by everybody (mode 0604)", "can be read by everybody (mode 0604)"],
    644: ["can be read by everybody (mode 0644)", "can be read by everybody (mode 0644)"],
    660: ["can be written by its group (mode 0660)", "can be written by its group (mode 0660)"],
    664: ["can be written by its group (mode 0664)", "can be written by its group (mode 0664)"],
    666: ["can be written by everybody (mode 0666)", "can be written by everybody (mode 0666)"],
    602: ["can be written by everybody (mode 0602)", "can be written by everybody (mode 0602)"],
  });
});
