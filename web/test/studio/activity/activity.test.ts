import { expect, test } from "vitest";
import { changesOf, daysOf, isRefused, labelText, placeText, queryOf, type Entry } from "../../../src/studio/activity/activity.ts";

const entry = (more: Partial<Entry> = {}): Entry => ({
  id: 1,
  at: "2026-11-30T12:00:00.000Z",
  text: "anna stopped channel Main",
  action: "channel.stop",
  status: 200,
  code: "",
  kind: "person",
  name: "anna",
  account: "a",
  session: "s",
  address: "192.0.2.7",
  device: "Firefox on Linux",
  before: null,
  after: null,
  ...more,
});

test("what changed reads as people say it", () => {
  const before = { title: "Kids", rewindSeconds: 3600, qualities: ["720p", "480p"], state: "on", removed: ["A film"], disabled: false };
  const after = { title: "Children", rewindSeconds: 7200, qualities: [], state: "off", freedBytes: 2_500_000, disabled: true };
  expect(changesOf(entry({ before, after }))).toEqual([
    { label: "Title", before: "Kids", after: "Children" },
    { label: "Rewind limit", before: "1 hour", after: "2 hours" },
    { label: "Qualities", before: "720p, 480p", after: "None" },
    { label: "State", before: "On air", after: "Off air" },
    { label: "Removed", before: "A film", after: "" },
    { label: "Disabled", before: "No", after: "Yes" },
    { label: "Space freed", before: "", after: "2.50 MB" },
  ]);
  expect(changesOf(entry())).toEqual([]);
  const limited = entry({ before: { storageBytes: "default" }, after: { storageBytes: 5e10 } });
  expect(changesOf(limited)).toEqual([{ label: "Storage limit", before: "Default", after: "50.0 GB" }]);
  expect(changesOf(entry({ after: { storageBytes: "unlimited" } }))[0]?.after).toBe("No limit");
  expect(changesOf(entry({ after: { standby: null, name: "", more: { a: 1 }, videos: 1234 } })).map(({ after: text }) => text)).toEqual([
    "None",
    "None",
    '{"a":1}',
    (1234).toLocaleString(),
  ]);
});

test("permissions and moments read as on other pages", () => {
  const after = { permissions: ["channel:air", "moon:land"], channels: "all", expires: "2027-02-28T12:00:00.000Z", name: "2027-02-28Tx" };
  const [may, where, ends, name] = changesOf(entry({ after })).map(({ after: text }) => text);
  expect([may, where, name]).toEqual(["Edit playlists, put channels on and off air · moon:land", "All", "2027-02-28Tx"]);
  expect(ends).toContain("2027");
  expect(ends).not.toContain("T12");
});

test("what nobody has named is taken apart", () => {
  expect(labelText("freeDiskSpace")).toBe("Free disk space");
});

test("where somebody was", () => {
  expect(placeText(entry())).toBe("192.0.2.7 · Firefox on Linux");
  expect(placeText(entry({ address: "", device: "" }))).toBe("On this server");
  expect(placeText(entry({ address: "", device: "", code: "many_more" }))).toBe("Many addresses");
});

test("what failed is refused", () => {
  expect([200, 204, 303, 401, 500].map((status) => isRefused(entry({ status })))).toEqual([false, false, false, true, true]);
});

test("entries lie under their days", () => {
  const days = daysOf([
    entry({ id: 3, at: "2026-11-30T12:00:00.000Z" }),
    entry({ id: 2, at: "2026-11-30T11:59:00.000Z" }),
    entry({ id: 1, at: "2026-11-28T12:00:00.000Z" }),
  ]);
  expect(days.map(({ entries }) => entries.map(({ id }) => id))).toEqual([[3, 2], [1]]);
  expect(days[0]?.title).toContain("2026");
});

test("a day is asked for from midnight to midnight, also where the clocks change", () => {
  const query = queryOf({ person: "a", day: "2026-03-29" });
  expect(query.get("account")).toBe("a");
  expect([query.get("from"), query.get("to")]).toEqual([new Date(2026, 2, 29).toISOString(), new Date(2026, 2, 30).toISOString()]);
  expect(String(queryOf({ person: "", day: "" }))).toBe("");
  expect(String(queryOf({ person: "", day: "soon" }))).toBe("");
});
