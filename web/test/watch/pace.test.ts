import { expect, test } from "vitest";
import { paceAfter, QUICK, type Standing } from "../../src/watch/pace.ts";

const STANDING: Standing = { isFollowing: true, behind: 3, ahead: 6 };

/** Return the paces that follow on each other, beginning with 1. */
function paces(...standings: readonly Partial<Standing>[]): number[] {
  let pace = 1;
  return standings.map((standing) => (pace = paceAfter(pace, { ...STANDING, ...standing })));
}

test("who fell behind catches up until the live edge is reached", () => {
  expect(paces({ behind: 1.4 }, { behind: 3 }, { behind: 1.4 }, { behind: 0.2 }, { behind: 0.1 }, { behind: 1.4 })).toEqual([
    1,
    QUICK,
    QUICK,
    QUICK,
    1,
    1,
  ]);
});

test("nobody catches up into an empty buffer, and the loading of segments is not heard", () => {
  expect(paces({ ahead: 4 }, { ahead: 6 }, { ahead: 4 }, { ahead: 6 }, { ahead: 2 }, { ahead: 4 }, { ahead: 0 })).toEqual([
    1,
    QUICK,
    QUICK,
    QUICK,
    1,
    1,
    1,
  ]);
});

test("who chose to be behind stays there", () => {
  expect(paces({ isFollowing: false }, {}, { isFollowing: false })).toEqual([1, QUICK, 1]);
});

test("a browser that plays by itself keeps its pace", () => {
  expect(paces({ ahead: null })).toEqual([1]);
});

test("a pace that somebody else chose stays", () => {
  expect(paceAfter(1.5, STANDING)).toBe(1.5);
  expect(paceAfter(0.5, { ...STANDING, isFollowing: false })).toBe(0.5);
});
