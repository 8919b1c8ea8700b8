import type { ExperimentReport } from '../experiment/report.ts'
import { type Reporter, trialNames } from './reporter.ts'

/** GitHub shows ten errors of a step; gates come first. */
const MOST_ANNOTATIONS = 10

/** Prints what stopped the build as annotations of GitHub Actions. */
export function githubReporter(write: (text: string) => void): Reporter {
  return { onEnd: (reports) => write(toAnnotations(reports)) }
}

/** Workflow commands, a line each (docs.github.com/actions/reference/workflow-commands-for-github-actions). */
export function toAnnotations(reports: readonly ExperimentReport[]): string {
  const all = [...reports.flatMap(ofGates), ...reports.flatMap(ofTrials)]
  return all.slice(0, MOST_ANNOTATIONS).join('')
}

function ofGates(report: ExperimentReport): string[] {
  const { error, gates } = report
  if (error !== '') return [annotation(report, 'could not be evaluated', error)]
  return gates
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ name, reason }) => annotation(report, name, reason))
}

/** Without a gate that failed, trials that did not pass are none of the build's business. */
function ofTrials(report: ExperimentReport): string[] {
  if (report.status === 'passed') return []
  const nameOf = trialNames(report.trials)
  return report.trials
    .filter(({ outcome }) => outcome !== 'passed')
    .map((trial) => {
      const [bad] = trial.results.filter(({ outcome }) => outcome !== 'passed')
      const what = bad === undefined ? trial.outcome : `${bad.name || bad.kind}: ${bad.reason}`
      return annotation(report, nameOf(trial), what)
    })
}

function annotation({ evaluation, file }: ExperimentReport, title: string, message: string): string {
  const place = file === '' ? '' : `file=${property(file)},`
  return `::error ${place}title=${property(`${evaluation}: ${title}`)}::${data(message)}\n`
}

/** So that no text of a model begins a line, and with it a command, of its own. */
function data(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll(/[\n\u2028\u2029]/g, '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
