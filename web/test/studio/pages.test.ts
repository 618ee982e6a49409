import { expect, test } from "vitest";
import { entrancesFor, pageAt } from "../../src/studio/pages.ts";

test("one lands on the first page that one may see", () => {
  expect(pageAt(undefined, () => true).path).toBe("library");
  expect(pageAt(undefined, (permission) => permission === "channel:view").path).toBe("channels");
  expect(pageAt(undefined, () => false).path).toBe("library");
  expect(pageAt("people", () => false).path).toBe("people");
  expect(pageAt("nothing", () => true).title).toBe("Nothing here");
});

test("tokens are of no use where nobody needs to sign in", () => {
  const paths = (isSignInNeeded: boolean): string[] => entrancesFor(() => true, isSignInNeeded).map(({ path }) => path);
  expect(paths(true)).toEqual(["people", "tokens", "activity"]);
  expect(paths(false)).toEqual(["people", "activity"]);
  expect(entrancesFor(() => false, true)).toEqual([]);
});
