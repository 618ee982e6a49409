import { expect, test, vi } from "vitest";

vi.stubGlobal("location", new URL("http://localhost/studio"));
const { dataOf, refusalIn } = await import("../../src/shared/net/request.ts");

const refused = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ success: false, message: "No.", code }), { status, headers });

test("a refusal says when the server wants to be asked again", async () => {
  const late = dataOf(refused(429, "too_many_sign_ins", { "retry-after": "27" }));
  await expect(late).rejects.toMatchObject({ code: "too_many_sign_ins", message: "No.", retryAfter: 27 });
  await expect(dataOf(refused(409, "name_taken"))).rejects.toMatchObject({ retryAfter: 0 });
});

test("what is wrong with a password is no reason to sign in anew", async () => {
  expect(await refusalIn(refused(401, "unauthorized"))).toBe("");
  for (const code of ["wrong_sign_in", "code_needed", "signed_out"]) expect(await refusalIn(refused(401, code))).toBeNull();
  expect(await refusalIn(refused(400, "wrong_password"))).toBeNull();
  expect(await refusalIn(refused(429, "too_many_tokens"))).toBe("No.");
});

test("what was done without a word is done", async () => {
  expect(await dataOf(new Response(null, { status: 204 }))).toBeUndefined();
});
