/** Read the header Upload-Metadata: "key base64,key base64". */
export function metadataIn(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(",").map((pair) => pair.trim().split(" "));
  return new Map(pairs.map(([key = "", value = ""]) => [key, textIn(value)]));
}

function textIn(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
}
