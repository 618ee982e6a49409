import { expect, test } from "vitest";
import { pageAt } from "../../src/studio/pages.ts";

test("one lands on the first page that one may see", () => {
  expect(pageAt(undefined, () => true).path).toBe("library");
  expect(pageAt(undefined, (permission) => permission === "channel:view").path).toBe("channels");
  expect(pageAt(undefined, () => false).path).toBe("library");
  expect(pageAt("people", () => false).path).toBe("people");
  expect(pageAt("nothing", () => true).title).toBe("Nothing here");
});
