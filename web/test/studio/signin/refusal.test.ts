import { expect, test, vi } from "vitest";

vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("location", new URL("http://localhost/studio"));
const { ApiError } = await import("../../../src/shared/net/request.ts");
const { refusalOf } = await import("../../../src/studio/signin/refusal.ts");

test.each([
  ["wrong_sign_in", 401, 0, { place: "password", sentence: "No.", waitMs: 0 }],
  ["wrong_code", 401, 0, { place: "code", sentence: "No.", waitMs: 0 }],
  ["code_needed", 401, 0, { place: "code", sentence: "", waitMs: 0 }],
  ["too_many_sign_ins", 429, 27, { place: null, sentence: "No.", waitMs: 27_000 }],
  ["too_many_sign_ins", 429, 0, { place: null, sentence: "No.", waitMs: 30_000 }],
  ["away", 0, 0, { place: null, sentence: "No.", waitMs: 0 }],
])("%s (%i) is said where something can be done about it", (code, status, retryAfter, found) => {
  expect(refusalOf(new ApiError("No.", code, status, retryAfter))).toEqual(found);
});
