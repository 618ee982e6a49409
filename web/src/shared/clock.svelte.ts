import { createSubscriber } from "svelte/reactivity";
import { events } from "./net/events.svelte.ts";

/** Called in a template or an effect, it repeats that every second while it is on the screen. */
export const everySecond = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** The server's time, for operators' pages. Reading `now` in a template or an effect repeats it every second. */
export const clock = {
  /** Milliseconds since 1970. */
  get now(): number {
    everySecond();
    return events.now();
  },
};
