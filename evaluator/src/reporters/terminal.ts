import { formatDuration } from '@weir/config'
import { printed, printedLines } from '@weir/store/text'
import type { Plan } from '../experiment/plan.ts'
import type { TrialReport } from '../experiment/report.ts'
import { type ExperimentReport, type Mode, plannedTrials, toTrials } from '../experiment/report.ts'
import type { TrialRun } from '../runner/run-trial.ts'
import { percent, range, score } from './numbers.ts'
import { type Reporter, trialNames } from './reporter.ts'
import { compareVariants } from './variants.ts'

/** Trials that did not pass and are shown with their reasons, at most. */
const MAX_SHOWN = 20

export interface TerminalOptions {
  readonly write: (text: string) => void
  /** Rewrite the progress line in place. */
  readonly isInteractive?: boolean
  /** Base URL of the dashboard, to link experiments to. */
  readonly dashboardUrl?: string
  /** A clock of milliseconds; default: the monotonic one. */
  readonly now?: () => number
}

/** Progress, then per experiment its totals, its gates, and what did not pass. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { write, isInteractive = false, dashboardUrl } = options
  const print = (lines: readonly string[]) => write(lines.map((line) => `${printed(line)}\n`).join(''))
  const now = options.now ?? (() => performance.now())
  let progress: Progress | undefined
  return {
    onExperimentStart: (plan, mode) => {
      progress = new Progress(now())
      const upTo = plan.outline.stopWhen === undefined ? '' : 'up to '
      const trials = plan.trials === 1 ? '' : ` x ${upTo}${plan.trials} trials`
      print([
        `${title(plan.outline.name, plan.variant.name)}: ${plan.cases.length} ${plan.cases.length === 1 ? 'case' : 'cases'}${trials}, ${mode}${missingBaseline(plan, mode)}`,
      ])
    },
    onTrial: (plan, done, run) => {
      progress?.count(run)
      const line = progress?.line(plan, done, now(), isInteractive ? REDRAW_MS : PRINT_MS)
      if (line !== undefined) write(isInteractive ? `\r\x1b[2K${line}` : `${line}\n`)
    },
    onExperimentEnd: (report) => {
      if (isInteractive) write('\r\x1b[2K')
      print(experimentLines(report))
      if (dashboardUrl !== undefined && report.mode !== 'local') {
        print([`  ${dashboardUrl}/experiments/${report.experimentId}`])
      }
    },
    onEnd: (reports, exitCode) => {
      for (const table of variantTables(reports)) print(table)
      if (reports.length > 1) write(`${reports.length} experiments: ${summary(reports)}\n`)
      if (reports.length === 0) write('Nothing was evaluated.\n')
      if (exitCode !== 0)
        write(`exit code ${exitCode}: ${['', 'a gate failed', 'usage', 'could not evaluate'][exitCode]}\n`)
    },
  }
}

function missingBaseline({ baseline, baselineExperimentId }: Plan, mode: Mode): string {
  const isMissing = mode !== 'local' && baseline !== undefined && baselineExperimentId === undefined
  return isMissing ? `; there is no baseline "${baseline}" yet` : ''
}

/** Between two lines of progress: where a line replaces the one before, and where all of them stay. */
const REDRAW_MS = 100
const PRINT_MS = 30_000
const BAR_WIDTH = 20

/** How far the tasks of an experiment are. */
class Progress {
  readonly #startedMs: number
  #errors = 0
  #drawnMs: number

  constructor(startedMs: number) {
    this.#startedMs = startedMs
    this.#drawnMs = startedMs
  }

  /** Of a queued trial nothing is known yet. */
  count(run: TrialRun | undefined): void {
    if (run?.error !== undefined) this.#errors++
  }

  /** Undefined where the last line is too new. */
  line(plan: Plan, done: number, nowMs: number, everyMs: number): string | undefined {
    const planned = plannedTrials(plan)
    if (nowMs - this.#drawnMs < everyMs) return undefined
    this.#drawnMs = nowMs
    const seconds = (nowMs - this.#startedMs) / 1000
    const ran = done - toTrials(plan.judged).length
    const perSecond = ran / seconds
    const filled = Math.round((done / planned) * BAR_WIDTH)
    return [
      `  ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done} of ${planned}`,
      perSecond >= 1
        ? `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`
        : `${(perSecond * 60).toFixed(1)}/min`,
      ...(this.#errors === 0 ? [] : [`${this.#errors} ${this.#errors === 1 ? 'error' : 'errors'}`]),
      done === planned ? 'judging' : `${formatDuration(((planned - done) / perSecond) * 1e9)} left`,
    ].join(' · ')
  }
}

function title(evaluation: string, variant: string): string {
  return variant === '' ? evaluation : `${evaluation} [${variant}]`
}

function experimentLines(report: ExperimentReport): string[] {
  const { status, passed, planned, errors, experimentId, error, gates, scores, flaky, trials } = report
  const { passRate, passRateInterval, passAt, decidedAfter } = report
  const mark = { passed: 'PASSED', failed: 'FAILED', error: 'COULD NOT EVALUATE' }[status]
  const crashed = errors === 0 ? '' : `, ${errors} errors`
  return [
    `  ${mark}  ${passed} of ${planned} passed${crashed} in ${formatDuration(report.durationMs * 1e6)}  (experiment ${experimentId})`,
    ...(error === '' ? [] : printedLines(`  ${error}`, '    ')),
    ...(decidedAfter === null ? [] : [`  decided after trial ${decidedAfter} of each case: no more ran`]),
    ...gates.flatMap((gate) =>
      printedLines(
        `  ${gate.outcome === 'passed' ? 'ok  ' : 'FAIL'} ${gate.name}: ${gate.reason}`,
        '       ',
      ),
    ),
    ...(passRateInterval === null
      ? []
      : [`  pass rate ${percent(passRate)} (95% interval ${range(passRateInterval, percent)})`]),
    ...passAt.map(
      ({ k, any, anyInterval, all, allInterval }) =>
        `  pass@${k} ${percent(any)} (${range(anyInterval, percent)}), pass^${k} ${percent(all)} (${range(allInterval, percent)})`,
    ),
    ...(flaky.length === 0 ? [] : [`  flaky, passed in some trials: ${named(flaky)}`]),
    ...scores.map(
      ({ name, mean, min, interval }) =>
        `  score ${name}: mean ${score(mean)} (95% interval ${range(interval, score)}), min ${score(min)}`,
    ),
    ...problems(trials),
  ]
}

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, MAX_SHOWN).join(', ')
  return ids.length > MAX_SHOWN ? `${shown} and ${ids.length - MAX_SHOWN} more` : shown
}

function problems(trials: readonly TrialReport[]): string[] {
  const bad = trials.filter(({ outcome }) => outcome !== 'passed')
  const nameOf = trialNames(trials)
  const lines = bad
    .slice(0, MAX_SHOWN)
    .flatMap((trial) => [
      `  - ${nameOf(trial)}`,
      ...trial.results
        .filter(({ outcome }) => outcome !== 'passed')
        .flatMap(({ kind, name, outcome, reason }) =>
          printedLines(`      ${outcome} ${name || kind}: ${reason}`, '        '),
        ),
    ])
  return bad.length > MAX_SHOWN ? [...lines, `  ... and ${bad.length - MAX_SHOWN} more`] : lines
}

/** The variants of each evaluation that has several, as lines of columns. */
function variantTables(reports: readonly ExperimentReport[]): string[][] {
  return [...Map.groupBy(reports, ({ evaluation }) => evaluation)]
    .filter(([, variants]) => variants.length > 1)
    .map(([evaluation, variants]) => {
      const { head, rows } = compareVariants(variants)
      const lines = [head, ...rows].map((row) => row.map((cell) => printed(cell)))
      const widths = head.map((_, column) => Math.max(...lines.map((row) => row[column]!.length)))
      return [
        `${evaluation}, its variants:`,
        ...lines.map((row) =>
          `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
        ),
      ]
    })
}

function summary(reports: readonly ExperimentReport[]): string {
  const count = (status: ExperimentReport['status']) =>
    reports.filter((report) => report.status === status).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('error')} could not be evaluated`
}
