import { expect, test } from "vitest";
import { consequences, isNoticed, useText } from "../../../src/studio/library/usage.ts";
import type { Usage, Use } from "../../../src/shared/types.ts";

const use = (title: string, more: Partial<Use> = {}): Use => ({
  slug: title.toLowerCase(),
  title,
  state: "on",
  times: 1,
  onAir: false,
  isSlate: false,
  leavesNothing: false,
  ...more,
});

function usage(...uses: readonly Use[]): Usage {
  const count = (test: (use: Use) => boolean): number => uses.filter(test).length;
  return {
    uses,
    playlists: count(({ times }) => times > 0),
    onAir: count(({ onAir }) => onAir),
    leftEmpty: count(({ leavesNothing }) => leavesNothing),
    slates: count(({ isSlate }) => isSlate),
    keepDeletedSeconds: 86_400,
  };
}

const WAY_BACK = "Restoring a video also puts it back into its playlists.";

test("says where a video is on the air and what is left there, and that there is a way back", () => {
  const found = usage(use("Main", { onAir: true }), use("Kids", { onAir: true, leavesNothing: true }), use("News"));
  expect(consequences(found, 1)).toEqual([
    "On air now in Main and Kids.",
    "Kids will have nothing left to show.",
    "It is in Main, Kids and News: 3 playlists.",
    `The bin keeps it for 1 day. ${WAY_BACK}`,
  ]);
});

test("names few of many", () => {
  const many = { ...usage(...["A", "B", "C", "D"].map((title) => use(title))), playlists: 4200 };
  expect(consequences(many, 12)).toEqual([
    "They are in A, B, C and 4,197 more: 4,200 playlists.",
    `The bin keeps them for 1 day. ${WAY_BACK}`,
  ]);
});

test("tells of a standby picture, and of a bin that keeps nothing", () => {
  const found = { ...usage(use("Kids", { times: 0, isSlate: true })), keepDeletedSeconds: 0 };
  expect(consequences(found, 1)).toEqual([
    "Standby picture of Kids.",
    "This server keeps nothing in the bin: it cannot be restored.",
  ]);
});

test("is what a channel uses, or what nobody could bring back", () => {
  expect(isNoticed(usage())).toBe(false);
  expect(isNoticed(usage(use("Main")))).toBe(true);
  expect(isNoticed(usage(use("Main", { times: 0, isSlate: true })))).toBe(true);
  expect(isNoticed({ ...usage(), keepDeletedSeconds: 0 })).toBe(true);
});

test("says how often, as what, and whether now", () => {
  expect(useText(use("Main"))).toBe("");
  expect(useText(use("Main", { times: 3, onAir: true }))).toBe("3 times, on air");
  expect(useText(use("Main", { times: 0, isSlate: true }))).toBe("standby picture");
});
