/**
 * Keep a file that is dropped on a page that does not take it from replacing the page, which is what browsers do. Call
 * it once, before any page: one that takes files says so after it.
 */
export function refuseFiles(): void {
  for (const type of ["dragenter", "dragover", "drop"] as const) {
    addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }
}
