import { expect, test } from "vitest";
import { inParallel } from "../../../src/studio/library/parallel.ts";

test("never more at a time than allowed, each once, and errors are gathered", async () => {
  let now = 0;
  let most = 0;
  const done: number[] = [];
  const errors = await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now -= 1;
    done.push(item);
    if (item === 3) throw new Error("three");
  });
  expect(most).toBe(2);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(errors).toEqual([new Error("three")]);
});
