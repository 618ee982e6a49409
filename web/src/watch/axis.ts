/** Where a segment stands: in the video element's seconds, and on the channel's axis of dates (ms since 1970). */
export interface Anchor {
  readonly start: number;
  readonly programDateTime: number;
}

/**
 * Return the last anchor that is not after a value on one of the axes; the first one for a value before all of them.
 * anchors: in order.
 */
export function fragmentHolding(anchors: readonly Anchor[], axis: keyof Anchor, value: number): Anchor | null {
  return anchors.findLast((anchor) => anchor[axis] <= value) ?? anchors[0] ?? null;
}
