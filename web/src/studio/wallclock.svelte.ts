import { clock } from "../shared/clock.svelte.ts";
import { events } from "../shared/net/events.svelte.ts";
import type { HealthNow } from "./health/health.ts";
import { elsewhere, nameOf } from "../shared/zone.ts";

/** The clock on the server's wall, of which its topic `state` tells; the frame of the Studio listens to that. */
export const wallClock = {
  /** What it shows, where that is not what the viewer's clock shows, else null. Reading it repeats it every second. */
  get elsewhere(): string | null {
    const zone = told();
    return zone ? elsewhere(zone, clock.now) : null;
  },

  /** What its zone is called. */
  get zone(): string {
    const zone = told();
    return zone ? nameOf(zone) : "";
  },
};

const told = (): HealthNow["timeZone"] | undefined => (events.value("state") as HealthNow | undefined)?.timeZone;
