import { z } from 'zod'
import {
  absent,
  CheckError,
  capitalised,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireKeys,
  requireName,
  unverifiable,
} from './check.ts'
import {
  type Execution,
  executionsText,
  mayLack,
  NOTHING_RECORDED,
  type Recorded,
  recordedNothing,
  timedSubject,
  within,
} from './executions.ts'
import { inputFits } from './input-match.ts'
import { countPairs } from './pairing.ts'
import { hasFunction, pattern, patternText, toPattern } from './pattern.ts'
import { startedBefore, startOf } from './precedence.ts'

/**
 * How all executions, by start, are compared with a list: `exact` the same sequence, `unordered` each one of the list and none
 * beside, `subset` nothing but these, `superset` at least these. Each one of the list stands for one execution.
 */
const mode = z.enum(['exact', 'subset', 'superset', 'unordered'])

export type TrajectoryMode = z.infer<typeof mode>

/** One of a trajectory: a name, or a name with an input, as `with` of a count takes it. */
export type TrajectoryItem = string | { readonly name: string; readonly with: unknown }

const item = z.union([name, z.strictObject({ name, with: pattern })])
type Item = z.infer<typeof item>

const MODE_WORDS: Readonly<Record<TrajectoryMode, string>> = {
  exact: 'exactly',
  unordered: 'in any order',
  subset: 'a subset of',
  superset: 'a superset of',
}

export const trajectory = defineCheck({
  needsDetails: ({ names }) => names.some(hasInput),
  hasFunction: ({ names }) => names.some((item) => hasInput(item) && hasFunction(item.with)),
  schema: z.strictObject({
    type: z.literal('execution.trajectory'),
    of: timedSubject,
    in: within,
    names: z.array(item),
    mode,
    not,
  }),
  matchers: {
    /** The whole sequence; default mode `exact`. */
    toHaveTrajectory(items: readonly TrajectoryItem[], mode: TrajectoryMode = 'exact') {
      if (mode === 'superset' && items.length === 0)
        throw new CheckError(
          'Expected names of which the trajectory is a superset, got none: that asks for nothing.',
        )
      return { names: items.map(toItem), mode }
    },
  },
  describe: ({ names, mode }) => [
    'toHaveTrajectory',
    `[${names.map((item) => itemText(item, quote)).join(', ')}]`,
    quote(mode),
  ],
  judge({ names, mode }, recorded) {
    const { run, executions } = recorded
    let problem: string | undefined
    const holds = matches(names, executions, mode, (fit) => fit === true)
    const mayHold =
      holds ||
      matches(names, executions, mode, (fit) => {
        if (typeof fit === 'string') problem ??= fit
        return fit !== false
      })
    // Further executions keep a superset and keep breaking a subset; every other answer may change.
    const lack = mayLack(run)
    const isFinal =
      lack === undefined ||
      (mode === 'superset' && holds) ||
      (mode === 'subset' && !mayHold && executions.length > 0)
    if (!isFinal) return unverifiable(`${capitalised(lack)}. ${executionsText(recorded)}`)
    if (mode === 'exact' && dependsOnTies(names, recorded))
      return unverifiable(
        `Recorded times that are too close leave the order open. ${executionsText(recorded)}`,
      )
    if (mayHold && !holds) return unverifiable(problem!)
    if (holds && recordedNothing(run)) return unverifiable(NOTHING_RECORDED)
    const wanted = `${MODE_WORDS[mode]} [${names.map((item) => itemText(item, String)).join(', ')}]`
    if (holds) return passed(`the trajectory is ${wanted}`)
    const reason = `Expected a trajectory that is ${wanted}. ${executionsText(recorded)}`
    return executions.length === 0 ? absent(reason) : failed(reason)
  },
})

function hasInput(item: Item): item is Exclude<Item, string> {
  return typeof item !== 'string'
}

function nameOf(item: Item): string {
  return hasInput(item) ? item.name : item
}

function toItem(item: TrajectoryItem): Item {
  if (typeof item !== 'object' || item === null) return requireName(item)
  requireKeys(item, ['name', 'with'])
  if (!('with' in item)) throw new CheckError('Expected a name, or a name with an input: { name, with }.')
  return { name: requireName(item.name), with: toPattern(item.with) }
}

function itemText(item: Item, nameText: (name: string) => string): string {
  return hasInput(item) ? `{ name: ${quote(item.name)}, with: ${patternText(item.with)} }` : nameText(item)
}

/** Whether an execution can stand for one of the list; a text says why that cannot be told. */
type Fit = boolean | string

function fitOf(item: Item, execution: Execution): Fit {
  if (nameOf(item) !== execution.name) return false
  return hasInput(item) ? inputFits(execution, item.with) : true
}

function matches(
  items: readonly Item[],
  executions: readonly Execution[],
  mode: TrajectoryMode,
  counts: (fit: Fit) => boolean,
): boolean {
  const isPaired = (least: number) => countFitting(items, executions, counts) === least
  switch (mode) {
    case 'exact':
      return (
        items.length === executions.length &&
        items.every((item, index) => counts(fitOf(item, executions[index]!)))
      )
    case 'unordered':
      return items.length === executions.length && isPaired(items.length)
    case 'subset':
      return executions.length > 0 && isPaired(executions.length)
    case 'superset':
      return isPaired(items.length)
  }
}

/** How many executions can stand for one of the list each, at most. */
function countFitting(
  items: readonly Item[],
  executions: readonly Execution[],
  counts: (fit: Fit) => boolean,
): number {
  const named = Map.groupBy(executions, ({ name }) => name)
  let paired = 0
  for (const [name, wanted] of Map.groupBy(items, nameOf)) {
    const found = named.get(name) ?? []
    paired += wanted.some(hasInput)
      ? countPairs(wanted, found, (item, execution) => counts(fitOf(item, execution)))
      : Math.min(wanted.length, found.length)
  }
  return paired
}

/** The sequence is as expected, or would be if executions whose order is open stood in another one. */
function dependsOnTies(items: readonly Item[], recorded: Recorded): boolean {
  if (items.length !== recorded.executions.length) return false
  let from = 0
  let isOpen = false
  for (const group of groupByStart(recorded.executions)) {
    const slice = items.slice(from, from + group.length)
    from += group.length
    if (countFitting(slice, group, (fit) => fit !== false) < group.length) return false
    const areInputsCompared = slice.some(hasInput)
    isOpen ||= group.some((execution, index) =>
      group
        .slice(index + 1)
        .some(
          (other) =>
            (areInputsCompared || other.name !== execution.name) &&
            startedBefore(recorded, execution, other) === 'unknown',
        ),
    )
  }
  return isOpen
}

/** Executions that may have started at the same time, in groups of which each surely started after the one before. */
function groupByStart(executions: readonly Execution[]): Execution[][] {
  const earliest = (execution: Execution) => startOf(execution) - execution.uncertainNs
  const groups: Execution[][] = []
  let latest = Number.NEGATIVE_INFINITY
  for (const execution of executions.toSorted((a, b) => earliest(a) - earliest(b))) {
    if (earliest(execution) <= latest) groups.at(-1)!.push(execution)
    else groups.push([execution])
    latest = Math.max(latest, startOf(execution) + execution.uncertainNs)
  }
  return groups
}
