import { expect, test } from "vitest";
import { obstacleOf, seenText, type Person } from "../../../src/studio/people/people.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const person = (more: Partial<Person>): Person => ({
  id: "1",
  name: "ben",
  title: "Ben",
  role: "operator",
  channels: null,
  hasTotp: false,
  isExternal: false,
  createdAt: "2026-11-01T12:00:00Z",
  usedAt: null,
  isDisabled: false,
  hasPassword: true,
  invitedUntil: null,
  quotaBytes: null,
  usedBytes: 0,
  ...more,
});

test.each([
  [{}, "", "Never signed in"],
  [{ usedAt: "2026-11-28T12:00:00Z" }, "", "Last seen 2 days ago"],
  [{ usedAt: "2026-11-30T12:00:10Z" }, "", "Last seen now"], // its clock is ahead of what the page knows
  [{ isDisabled: true, usedAt: "2026-11-28T12:00:00Z" }, "Disabled", "Last seen 2 days ago"],
  [{ hasPassword: false, invitedUntil: "2026-12-02T12:00:00Z" }, "Invited", "Link ends in 2 days"],
  [{ hasPassword: false, isExternal: true, usedAt: null }, "", "Never signed in"],
  [{ hasPassword: false, invitedUntil: "2026-11-29T12:00:00Z" }, "Invitation expired", "Never signed in"],
  [{ hasPassword: false }, "Invitation expired", "Never signed in"],
  [{ invitedUntil: "2026-12-02T12:00:00Z" }, "", "Never signed in"], // a forgotten password bars nobody who knows it
])("%o", (more, obstacle, seen) => {
  expect([obstacleOf(person(more), NOW), seenText(person(more), NOW)]).toEqual([obstacle, seen]);
});
