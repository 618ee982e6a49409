import { expect, test } from "vitest";
import { refusalOf } from "../../src/watch/refusals.ts";

const STRANGER = { hasLink: false, isSignedIn: false };
const MEMBER = { hasLink: false, isSignedIn: true };
const GUEST = { hasLink: true, isSignedIn: false };

test("who has a link that is over is told whom to ask", () => {
  expect(refusalOf("link_over", "", GUEST).text).toBe("It has expired or was ended. Ask whoever sent it for a new one.");
  for (const who of [STRANGER, MEMBER]) expect(refusalOf("link_over", "", who)).toEqual(refusalOf("not_public", "", who));
});

test("only a stranger is asked to sign in, for no link gets better by that", () => {
  expect(refusalOf("not_public", "", STRANGER).canSignIn).toBe(true);
  expect([MEMBER, GUEST].map((who) => refusalOf("not_public", "", who).canSignIn)).toEqual([false, false]);
  expect(refusalOf("not_public", "", GUEST).text).toContain("or links to this one no longer work"); // it is not told which
  expect(refusalOf("link_for_site", "", GUEST).title).toBe("This link works on one website only");
});

test("what the page has no words for is said in the server's", () => {
  const sentence = "This link works from another network.";
  expect(refusalOf("link_for_address", sentence, GUEST)).toMatchObject({ text: sentence, canSignIn: false });
});
