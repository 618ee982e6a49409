import { tick } from "svelte";

/** Go to the first field of a form that says what is wrong with it: it may be far away from the button that was pressed. */
export async function goToFault(form: HTMLElement): Promise<void> {
  await tick();
  const said = form.querySelector(".error");
  said?.closest(".field, fieldset")?.querySelector<HTMLElement>("input, button")?.focus();
}
