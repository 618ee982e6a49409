import { expect, test } from "vitest";
import { metadataIn } from "../../../src/studio/library/metadata.ts";

test("the metadata of an upload can be read", () => {
  const said = metadataIn("filename TcOkcmNoZW4ubXA0,modified MTcwMA==, channel");
  expect(said.get("filename")).toBe("Märchen.mp4");
  expect(said.get("modified")).toBe("1700");
  expect(said.get("channel")).toBe("");
});
