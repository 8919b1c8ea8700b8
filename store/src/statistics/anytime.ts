import { normalCdf, normalQuantile } from './normal.ts'

/** The information at which the intervals are narrowest, compared with those of one look. The choice is not critical. */
const OPTIMUM = 100
const ALPHA = 0.05
/** The variance of the mixture: as wide as is best at the optimum (Howard et al. 2021, proposition 3). */
const MIXTURE = OPTIMUM / (Math.log(1 / ALPHA ** 2) + Math.log(1 + Math.log(1 / ALPHA ** 2)))

/**
 * A two-sided p that stays valid however often one looks while data arrive, and whenever one stops. It is made of the p of a test that
 * is normal in large samples: one over the normal mixture of the likelihood ratios. Where nothing differs, that mixture is a martingale.
 *
 * @param information how much has been seen: the variance of one value over that of the estimate, so n m / (n + m) for two samples
 *
 * Source: Robbins (1970), Annals of Mathematical Statistics 41:1397-1409; Howard, Ramdas, McAuliffe & Sekhon (2021), Annals of
 * Statistics 49:1055-1080; for estimates that are normal in large samples only, Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024),
 * Annals of Statistics 52:2613-2640. Agrees with `confseq.boundaries.normal_log_mixture`.
 */
export function anytimeP(p: number, information: number): number {
  if (p >= 1) return 1
  const z = -normalQuantile(p / 2)
  const share = information / (information + MIXTURE)
  const logMixture = (z * z * share) / 2 + Math.log1p(-share) / 2
  return Math.min(1, Math.exp(-logMixture))
}

/** The confidence of an interval for one look that is as wide as the one that covers at all looks together, with the confidence given. */
export function anytimeConfidence(confidence: number, information: number): number {
  return 1 - 2 * normalCdf(-anytimeReach(confidence, information))
}

/** Half of the width of that interval, in standard errors. */
export function anytimeReach(confidence: number, information: number): number {
  const total = information + MIXTURE
  return Math.sqrt((total / information) * Math.log(total / MIXTURE / (1 - confidence) ** 2))
}
