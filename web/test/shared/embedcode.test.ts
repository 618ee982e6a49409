import { expect, test } from "vitest";
import { embedCode } from "../../src/shared/embedcode.ts";

test("a title cannot leave its attribute", () => {
  const code = embedCode('"><script>&', "https://tv.example/embed/main");
  expect(code).toContain('title="&quot;&gt;&lt;script&gt;&amp;"');
  expect(code).toContain('src="https://tv.example/embed/main"');
});
