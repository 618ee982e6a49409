const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" };

/** Return the HTML that shows a channel's player in any page. address: of our page for frames. */
export function embedCode(title: string, address: string): string {
  const name = title.replace(/[&"<>]/g, (sign) => ESCAPES[sign] ?? sign);
  return (
    `<iframe src="${address}" title="${name}" width="640" height="360" style="border:0" ` +
    `allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`
  );
}
