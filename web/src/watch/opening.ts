/** A playlist as it came; times as `performance.now()` tells them. */
export interface Opened {
  readonly url: string;
  readonly text: string;
  readonly askedAt: number;
  readonly beganAt: number;
  readonly cameAt: number;
}

/** A list of what airs is soon out of date; whoever wants it later than this asks anew. */
const FRESH_FOR_MS = 5000;
const PATIENCE_MS = 8000;

/**
 * The first playlists of a stream, asked for while the engine, which is a hundred times as large, is on its way.
 * What cannot be had is left to the engine, which tries again and tells why.
 */
export class Opening {
  readonly #asked = new Map<string, Promise<Opened | null>>();

  /** url: of the multivariant playlist. isSlow: the engine will begin with the smallest variant. */
  constructor(url: string, isSlow: boolean) {
    void this.#ask(url).then((opened) => {
      const variant = opened && variantOf(opened.text, isSlow);
      if (variant) void this.#ask(new URL(variant, opened.url).href);
    });
  }

  /** Return a playlist that was asked for, once; null where the engine has to ask. */
  take(url: string): Promise<Opened | null> | null {
    const asked = this.#asked.get(url);
    this.#asked.delete(url);
    return asked?.then((opened) => (opened && performance.now() - opened.cameAt < FRESH_FOR_MS ? opened : null)) ?? null;
  }

  #ask(url: string): Promise<Opened | null> {
    const asked = read(url).catch(() => null);
    this.#asked.set(url, asked);
    return asked;
  }
}

async function read(url: string): Promise<Opened | null> {
  const askedAt = performance.now();
  const reply = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const beganAt = performance.now();
  if (!reply.ok) return null;
  return { url: reply.url, text: await reply.text(), askedAt, beganAt, cameAt: performance.now() };
}

/** Return the address of a variant: our playlists name the usual one first, and the smallest last. */
function variantOf(text: string, isSmallest: boolean): string | undefined {
  return text.split("\n").filter((line) => line && !line.startsWith("#")).at(isSmallest ? -1 : 0);
}
