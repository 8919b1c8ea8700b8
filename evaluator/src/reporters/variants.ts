import { formatDuration } from '@weir/config'
import type { ExperimentReport } from '../experiment/report.ts'
import { sumUsage } from '../runner/trial-facts.ts'
import { dollars, percent, range, score } from './numbers.ts'

/** Columns before those that are named after scorers. */
export const FIXED_COLUMNS = 4

export interface VariantTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The variants of one evaluation side by side: a row each, with means of its trials and their 95 % intervals. */
export function compareVariants(reports: readonly ExperimentReport[]): VariantTable {
  const scorers = [...new Set(reports.flatMap(({ scores }) => scores.map(({ name }) => name)))]
  const rows = reports.map((report) => {
    const { variant, evaluated, passRate, passRateInterval, scores, trials } = report
    const { cost, isCostPartial } = sumUsage(trials)
    const meanMs = trials.reduce((sum, { durationMs }) => sum + durationMs, 0) / evaluated
    const scoreOf = (name: string) => {
      const found = scores.find((one) => one.name === name)
      return found === undefined ? '–' : `${score(found.mean)} (${range(found.interval, score)})`
    }
    if (passRateInterval === null) return [variant, ...Array(FIXED_COLUMNS - 1 + scorers.length).fill('–')]
    return [
      variant,
      `${percent(passRate)} (${range(passRateInterval, percent)})`,
      formatDuration(meanMs * 1e6),
      cost === 0 && !isCostPartial ? '–' : `${isCostPartial ? '≥ ' : ''}${dollars(cost / evaluated)}`,
      ...scorers.map(scoreOf),
    ]
  })
  return { head: ['variant', 'passed', 'duration', 'cost', ...scorers], rows }
}
