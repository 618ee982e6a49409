import { expect, test } from "vitest";
import { Backoff } from "../../src/shared/net/backoff.ts";

test("waits double up to their limit and begin anew after a success", () => {
  const backoff = new Backoff(1000, 4000);
  expect([1, 2, 3, 4].map(() => backoff.nextMs())).toEqual([1000, 2000, 4000, 4000]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(1000);
});
