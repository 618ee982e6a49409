import { expect, test } from "vitest";
import { passwordFault } from "../../src/studio/password.ts";

test.each([
  ["short", "at least 10"],
  ["ALEXANDRA-B", "name"],
  ["a good password", ""],
])("%s", (password, fault) => {
  expect(passwordFault(password, "alexandra-b")).toMatch(fault ? new RegExp(fault) : /^$/);
});
