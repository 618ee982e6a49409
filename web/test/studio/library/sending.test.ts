import { expect, test, vi } from "vitest";

vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("location", new URL("http://localhost/studio"));
const { kindOf } = await import("../../../src/studio/library/sending.ts");

test.each([
  [401, "unauthorized", true, "token"],
  [403, "forbidden", true, "foreign"], // somebody else's: the file is sent anew
  [403, "forbidden", false, "refused"], // one may not upload, or not there: sent anew, it would be refused for ever
  [404, "unknown_upload", true, "gone"],
  [409, "superseded", true, "taken"],
  [423, "", true, "away"],
  [503, "", false, "away"],
  [507, "disk_full", false, "refused"],
])("%i %s, begun before: %s", (status, code, isBegun, kind) => {
  expect(kindOf(status, code, isBegun)).toBe(kind);
});
