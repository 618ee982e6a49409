import { memory } from "../memory.ts";

const LEASE_MS = 15_000;
const LOOK_EVERY_MS = 100;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Do something while no other tab of this browser does it. Browsers have locks on HTTPS and on this computer only;
 * elsewhere the tabs agree by what the browser remembers, which is as good as it gets there.
 */
export async function inTurn<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks) return locks.request(`insta-stream.${name}`, act);
  const mine = await leased(`turn.${name}`);
  try {
    return await act();
  } finally {
    if (memory.read(`turn.${name}`) === mine) memory.write(`turn.${name}`, null);
  }
}

/** Wait for the lease, which runs out should its tab be closed; return what says that it is ours. */
async function leased(key: string): Promise<string> {
  for (;;) {
    const held = memory.read(key);
    const mine = `${Date.now() + LEASE_MS} ${Math.random()}`;
    if (held === null || !isRunning(held)) {
      memory.write(key, mine);
      await wait(LOOK_EVERY_MS / 2); // who wrote at the same moment has done so by then: the last one counts
      const now = memory.read(key);
      if (now === mine || now === null) return mine; // null: nothing is remembered here
    }
    await wait(LOOK_EVERY_MS);
  }
}

function isRunning(lease: string): boolean {
  const left = Number(lease.split(" ")[0]) - Date.now();
  return left > 0 && left <= LEASE_MS; // a clock that was put back would make it last for ever
}
