import type { Verdict } from '@weir/store/compare'

/** How a verdict is coloured; its words say the same. */
export function toneOf(verdict: Verdict): 'bad' | 'good' | 'neutral' {
  if (verdict === 'slower' || verdict === 'worse') return 'bad'
  return verdict === 'faster' || verdict === 'better' ? 'good' : 'neutral'
}
