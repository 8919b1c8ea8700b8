import type { RunRecord } from '@weir/store/run-model'
import {
  type Execution,
  notRecorded,
  occurrencesOf,
  type Recorded,
  recordedOf,
  type Selected,
  stepsAround,
} from './executions.ts'
import { type Check, typeOf } from './table.ts'

/** What of a run a check is judged on. It passes if it passes on every part. */
export interface Parts {
  readonly parts: readonly Recorded[]
  /** Why there are none. */
  readonly missing: string
  /** Further parts may come while the run goes on. */
  readonly mayGrow: boolean
}

/** The run; or each execution of the step that the check looks into; of these, each execution that it judges by itself. */
export function partsOf(check: Check, run: RunRecord): Parts {
  const recorded = recordedOf(run, 'of' in check ? check.of : 'steps')
  const scope = 'in' in check ? check.in : undefined
  const parts = scope === undefined ? [recorded] : insideEach(recorded, scope)
  const selected = typeOf(check).isEach === true ? selectedBy(check) : undefined
  return {
    parts: selected === undefined ? parts : parts.flatMap((part) => withTargets(part, selected)),
    missing:
      scope !== undefined && parts.length === 0
        ? notRecorded(recordedOf(run, 'steps'), scope)
        : selected === undefined
          ? ''
          : notRecorded(recorded, selected),
    mayGrow:
      (scope !== undefined && scope.at === undefined) ||
      (selected !== undefined && selected.at === undefined),
  }
}

function selectedBy(check: Check): Selected {
  return check as Check & Selected
}

function withTargets(part: Recorded, selected: Selected): Recorded[] {
  return occurrencesOf(part, selected).map((target) => ({ ...part, target }))
}

/** What is in each execution of a step, at any depth. */
function insideEach({ run, of, executions }: Recorded, scope: Selected): Recorded[] {
  const found = occurrencesOf(recordedOf(run, 'steps'), scope)
  const contents = new Map<Execution, Execution[]>(found.map((step) => [step, []]))
  for (const execution of executions) {
    for (const around of stepsAround(run, execution)) contents.get(around)?.push(execution)
  }
  return [...contents].map(([inside, executions]) => ({ run, of, executions, inside }))
}
