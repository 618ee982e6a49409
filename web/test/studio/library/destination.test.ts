import { expect, test } from "vitest";
import { destinationOf, destinationText } from "../../../src/studio/library/destination.ts";

const channel = (slug: string, totalVideos = 0, error = "") => ({ slug, totalVideos, error });

test("what comes in is for the only channel while that has nothing to show", () => {
  expect(destinationOf([channel("main")], null)).toBe("main");
  expect(destinationOf([channel("main", 1)], null)).toBe("");
  expect(destinationOf([channel("main"), channel("kids")], null)).toBe("");
  expect(destinationOf([channel("main", 0, "It cannot be read.")], null)).toBe("");
  expect(destinationOf([], null)).toBe("");
});

test("what the person chose counts, as long as it is there", () => {
  expect(destinationOf([channel("main")], "")).toBe("");
  expect(destinationOf([channel("main", 3), channel("kids", 2)], "kids")).toBe("kids");
  expect(destinationOf([channel("main")], "gone")).toBe("main");
  expect(destinationOf([channel("main", 1), channel("kids")], "gone")).toBe("");
});

test("it is called what people call it", () => {
  expect(destinationText(undefined)).toBe("the library");
  expect(destinationText({ title: "Kids" })).toBe("the playlist of Kids");
});
