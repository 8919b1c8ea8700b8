import { InfrastructureError } from '@weir/config'
import type { Comparison } from '@weir/store/compare'

/**
 * The exit code of `weir compare`: 1 for a regression, where one shall fail.
 * @throws InfrastructureError without runs on a side; also with too few to tell, where a regression shall fail
 */
export function comparisonExitCode(
  { base, candidate, verdict, sentence }: Pick<Comparison, 'base' | 'candidate' | 'verdict' | 'sentence'>,
  failOn: 'regression' | undefined,
): 0 | 1 {
  const empty = [base, candidate].filter((side) => side.runs === 0)
  if (empty.length > 0)
    throw new InfrastructureError(`no finished run of ${empty.map((side) => side.label).join(' nor ')}`)
  if (failOn === undefined) return 0
  if (verdict === 'needs more runs') throw new InfrastructureError(sentence)
  return verdict === failOn ? 1 : 0
}
