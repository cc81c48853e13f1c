/**
 * Spectra of one grid of frequencies on another: for each of the `to` new bins, [old bin, share], so that
 * P'[k] = sum of share * P[old bin], where P[n] is the power density at n / from cycles a pixel. Each sample of either
 * grid stands for the bin of frequencies around it, 1 / from or 1 / to wide; the shares are how much of the new bin lies
 * in each old one. So the mean of P' is that of P, exactly: no power is made or lost; nothing gets negative; a flat
 * spectrum stays flat; a line stays as sharp as the exemplar's size tells; and equal grids leave all as it is. (Sampling
 * or interpolating does not do all of that when the canvas is smaller: lines fall between the samples.)
 */
export function spectrumShares(
  from: number,
  to: number,
): readonly (readonly (readonly [bin: number, share: number])[])[] {
  return Array.from({ length: to }, (_, k) => {
    // In units of old bins; old bin n reaches from n - 1/2 to n + 1/2.
    const lo = ((k - 0.5) * from) / to;
    const hi = ((k + 0.5) * from) / to;
    const bins = new Map<number, number>();
    for (let n = Math.floor(lo + 0.5); n - 0.5 < hi; n++) {
      const bin = ((n % from) + from) % from;
      const share = (Math.min(hi, n + 0.5) - Math.max(lo, n - 0.5)) / (hi - lo);
      if (share > 0) bins.set(bin, (bins.get(bin) ?? 0) + share);
    }
    return [...bins];
  });
}

/** The same as a matrix [from, to], to multiply rows of densities by. */
export function spectrumWeights(from: number, to: number): Float32Array {
  const out = new Float32Array(from * to);
  spectrumShares(from, to).forEach((bins, k) => {
    for (const [bin, share] of bins) out[bin * to + k] = share;
  });
  return out;
}
