import { formatDuration } from '@weir/config'
import { printed, printedLines } from '@weir/store/text'
import type { Plan } from '../experiment/plan.ts'
import type { TrialReport } from '../experiment/report.ts'
import { type ExperimentReport, type Mode, plannedTrials } from '../experiment/report.ts'
import { type Reporter, trialNames } from './reporter.ts'

/** Trials that did not pass and are shown with their reasons, at most. */
const MAX_SHOWN = 20

export interface TerminalOptions {
  readonly write: (text: string) => void
  /** Rewrite the progress line in place. */
  readonly isInteractive?: boolean
  /** Base URL of the dashboard, to link experiments to. */
  readonly dashboardUrl?: string
}

/** Progress, then per experiment its totals, its gates, and what did not pass. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { write, isInteractive = false, dashboardUrl } = options
  const print = (lines: readonly string[]) => write(lines.map((line) => `${printed(line)}\n`).join(''))
  return {
    onExperimentStart: (plan, mode) => {
      const trials = plan.trials === 1 ? '' : ` x ${plan.trials} trials`
      print([
        `${title(plan.outline.name, plan.variant.name)}: ${plan.cases.length} ${plan.cases.length === 1 ? 'case' : 'cases'}${trials}, ${mode}${missingBaseline(plan, mode)}`,
      ])
    },
    onTrial: (plan, done) => {
      if (isInteractive) write(progress(plan, done))
    },
    onExperimentEnd: (report) => {
      if (isInteractive) write('\r\x1b[2K')
      print(experimentLines(report))
      if (dashboardUrl !== undefined && report.mode !== 'local') {
        print([`  ${dashboardUrl}/experiments/${report.experimentId}`])
      }
    },
    onEnd: (reports, exitCode) => {
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

/** Twenty updates per experiment are enough to see it move. */
function progress(plan: Plan, done: number): string {
  const planned = plannedTrials(plan)
  const every = Math.max(1, Math.floor(planned / 20))
  return done % every === 0 || done === planned ? `\r\x1b[2K  ${done} of ${planned} run` : ''
}

function title(evaluation: string, variant: string): string {
  return variant === '' ? evaluation : `${evaluation} [${variant}]`
}

function experimentLines(report: ExperimentReport): string[] {
  const { status, passed, planned, errors, experimentId, error, gates, scores, trials } = report
  const mark = { passed: 'PASSED', failed: 'FAILED', error: 'COULD NOT EVALUATE' }[status]
  const crashed = errors === 0 ? '' : `, ${errors} errors`
  return [
    `  ${mark}  ${passed} of ${planned} passed${crashed} in ${formatDuration(report.durationMs * 1e6)}  (experiment ${experimentId})`,
    ...(error === '' ? [] : printedLines(`  ${error}`, '    ')),
    ...gates.flatMap((gate) =>
      printedLines(
        `  ${gate.outcome === 'passed' ? 'ok  ' : 'FAIL'} ${gate.name}: ${gate.reason}`,
        '       ',
      ),
    ),
    ...scores.map(({ name, mean, min }) => `  score ${name}: mean ${mean.toFixed(3)}, min ${min.toFixed(3)}`),
    ...problems(trials),
  ]
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

function summary(reports: readonly ExperimentReport[]): string {
  const count = (status: ExperimentReport['status']) =>
    reports.filter((report) => report.status === status).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('error')} could not be evaluated`
}
