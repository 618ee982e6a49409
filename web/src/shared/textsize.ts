/** How much larger than usual the person reads: lists that place their rows themselves grow with it. */
export const textScale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
