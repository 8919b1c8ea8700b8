import { appendFile, writeFile } from 'node:fs/promises'
import { formatDuration } from '@weir/config'
import { cutText, printed } from '@weir/store/text'
import type { BaselineChanges, Change, ShareChange } from '../experiment/baseline-changes.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import { dollars, percent, range, score } from './numbers.ts'
import { type Reporter, trialNames } from './reporter.ts'
import { compareVariants, FIXED_COLUMNS } from './variants.ts'

export interface MarkdownOptions {
  /** Base URL of the dashboard, to link experiments to. */
  readonly dashboardUrl?: string | undefined
  /** The file is added to, as GitHub's summary of a step is, not written anew. */
  readonly append?: boolean
}

/** Cases and trials that are listed by name, at most. */
const MOST_NAMED = 20
/** Characters of a name or a reason. */
const MOST_CHARACTERS = 200

/** Writes a summary for a pull request: what decided first, then what changed against the baseline. */
export function markdownReporter(path: string, options: MarkdownOptions = {}): Reporter {
  const write = options.append === true ? appendFile : writeFile
  return { onEnd: (reports) => write(path, toMarkdown(reports, options)) }
}

export function toMarkdown(reports: readonly ExperimentReport[], options: MarkdownOptions = {}): string {
  const parts = [
    `## ${verdict(reports)}`,
    ...variantTables(reports),
    ...reports.map((report) => section(report, options)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The variants of each evaluation that has several, side by side. */
function variantTables(reports: readonly ExperimentReport[]): string[] {
  return [...Map.groupBy(reports, ({ evaluation }) => evaluation)]
    .filter(([, variants]) => variants.length > 1)
    .map(([evaluation, variants]) => {
      const { head, rows } = compareVariants(variants)
      return [
        `Variants of ${code(evaluation)}:\n`,
        `| ${head.map((title, index) => (index < FIXED_COLUMNS ? title : code(title))).join(' | ')} |`,
        `|---|${head
          .slice(1)
          .map(() => '---:|')
          .join('')}`,
        ...rows.map(([variant = '', ...cells]) => `| ${code(variant)} | ${cells.join(' | ')} |`),
      ].join('\n')
    })
}

const MARK = { passed: '✅', failed: '❌', error: '⚠️' } as const

function verdict(reports: readonly ExperimentReport[]): string {
  const count = (status: ExperimentReport['status']) =>
    reports.filter((report) => report.status === status).length
  const [failed, error] = [count('failed'), count('error')]
  if (reports.length === 0) return `${MARK.error} Nothing was evaluated`
  if (failed + error === 0)
    return `${MARK.passed} ${reports.length === 1 ? 'The evaluation' : `All ${reports.length} evaluations`} passed`
  const parts = [
    ...(failed === 0 ? [] : [`${failed} of ${reports.length} failed`]),
    ...(error === 0 ? [] : [`${error} could not be evaluated`]),
  ]
  return `${failed > 0 ? MARK.failed : MARK.error} Evaluations: ${parts.join(', ')}`
}

function section(report: ExperimentReport, { dashboardUrl }: MarkdownOptions): string {
  const { evaluation, variant, status, passed, planned, error, changes } = report
  const name = variant === '' ? code(evaluation) : `${code(evaluation)} ${code(variant)}`
  return [
    `### ${MARK[status]} ${name}: ${passed} of ${planned} trials passed`,
    ...(error === '' ? [] : [code(error)]),
    gates(report),
    ...passRates(report),
    ...(changes === undefined ? [] : [changed(changes), table(changes)]),
    ...(report.flaky.length === 0 ? [] : [`Flaky, passed in some trials: ${named(report.flaky)}`]),
    ...scores(report),
    problems(report),
    footer(report, dashboardUrl),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** The pass rate, and what several trials of a case say. */
function passRates({ passRate, passRateInterval, passAt }: ExperimentReport): string[] {
  if (passRateInterval === null) return []
  const rate = `Pass rate ${percent(passRate)} (95 % interval ${range(passRateInterval, percent)})`
  if (passAt.length === 0) return [rate]
  const rows = passAt.map(
    ({ k, any, anyInterval, all, allInterval }) =>
      `| ${k} | ${percent(any)} (${range(anyInterval, percent)}) | ${percent(all)} (${range(allInterval, percent)}) |`,
  )
  return [
    rate,
    ['| k | one of k trials passes (pass@k) | all k pass (pass^k) |', '|---|---:|---:|', ...rows].join('\n'),
  ]
}

/** What stopped the build in full; the others are counted. */
function gates({ gates }: ExperimentReport): string {
  const broken = gates.filter(({ outcome }) => outcome !== 'passed')
  const others = gates.length - broken.length
  return [
    ...broken.map(({ name, outcome, reason }) => `- ❌ ${code(name)} ${outcome}: ${code(reason)}`),
    ...(others === 0 ? [] : [`- ✅ ${others} ${others === 1 ? 'gate' : 'gates'} passed`]),
  ].join('\n')
}

function changed({ broke, mended, added, removed }: BaselineChanges): string {
  const line = (what: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [`- **${what} (${ids.length})**: ${named(ids)}`]
  const lines = [
    ...line('Broke', broke),
    ...line('Mended', mended),
    ...line('New cases', added),
    ...line('Cases that are gone', removed),
  ]
  return lines.length === 0 ? 'No case broke and none was mended.' : lines.join('\n')
}

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, MOST_NAMED).map(code).join(', ')
  return ids.length > MOST_NAMED ? `${shown} and ${ids.length - MOST_NAMED} more` : shown
}

function table({ passRate, scores, duration, cost }: BaselineChanges): string {
  const row = (
    label: string,
    { mean, baseline }: Change,
    format: (value: number) => string,
    change: string,
  ) => `| ${label} | ${format(mean)} | ${format(baseline)} | ${change} |`
  const share = (label: string, of: ShareChange, format: (value: number) => string, change: string) =>
    `| ${label} | ${format(of.mean)} (${range(of.interval, format)}) | ${format(of.baseline)} (${range(of.baselineInterval, format)}) | ${change} |`
  const ratio = ({ mean, baseline }: Change) =>
    baseline === 0 ? '' : signed((mean / baseline - 1) * 100, 0, ' %')
  const points = ({ mean, baseline }: Change) => signed((mean - baseline) * 100, 1, ' points')
  return [
    '| over the cases that both have | now (95 % interval) | baseline | change |',
    '|---|---:|---:|---:|',
    share('pass rate', passRate, percent, points(passRate)),
    ...scores.map((of) => share(code(of.name), of, score, signed(of.mean - of.baseline, 3))),
    row('duration of a trial', duration, (value) => formatDuration(value * 1e6), ratio(duration)),
    ...(cost.mean === 0 && cost.baseline === 0 ? [] : [row('cost of a trial', cost, dollars, ratio(cost))]),
  ].join('\n')
}

/** The scores that the table of changes does not have. */
function scores({ scores, changes }: ExperimentReport): string[] {
  const rest = scores.filter(({ name }) => !changes?.scores.some((change) => change.name === name))
  if (rest.length === 0) return []
  const list = rest.map(
    ({ name, mean, min, interval }) =>
      `${code(name)} ${score(mean)} (95 % interval ${range(interval, score)}, lowest ${score(min)})`,
  )
  return [`Scores, as means: ${list.join(', ')}`]
}

function problems({ trials }: ExperimentReport): string {
  const bad = trials.filter(({ outcome }) => outcome !== 'passed')
  if (bad.length === 0) return ''
  const nameOf = trialNames(trials)
  const lines = bad
    .slice(0, MOST_NAMED)
    .flatMap((trial) => [
      `- ${code(nameOf(trial))}`,
      ...trial.results
        .filter(({ outcome }) => outcome !== 'passed')
        .map(({ kind, name, outcome, reason }) => `  - ${outcome} ${code(name || kind)}: ${code(reason)}`),
    ])
  const more = bad.length > MOST_NAMED ? [`- and ${bad.length - MOST_NAMED} more`] : []
  const title = `${bad.length} ${bad.length === 1 ? 'trial' : 'trials'} that did not pass`
  return [`<details><summary>${title}</summary>\n`, ...lines, ...more, '\n</details>'].join('\n')
}

function footer(report: ExperimentReport, dashboardUrl: string | undefined): string {
  const { experimentId, durationMs, inputTokens, outputTokens, cost, isCostPartial, mode, dataset } = report
  const tokens = inputTokens + outputTokens
  const id =
    dashboardUrl === undefined || mode === 'local'
      ? `experiment ${code(experimentId)}`
      : `[experiment ${experimentId}](${dashboardUrl}/experiments/${experimentId})`
  return [
    id,
    formatDuration(durationMs * 1e6),
    ...(tokens === 0 ? [] : [`${tokens} tokens`]),
    ...(cost === 0 && !isCostPartial ? [] : [`${isCostPartial ? '≥ ' : ''}${dollars(cost)}`]),
    ...(report.decidedAfter === null ? [] : [`decided after trial ${report.decidedAfter} of each case`]),
    ...(dataset === '' ? [] : [`dataset ${code(dataset)}`]),
    ...(report.revision === '' ? [] : [`revision ${code(report.revision.slice(0, 12))}`]),
  ].join(' · ')
}

/** With a sign, and nothing where it would be 0. */
function signed(value: number, digits: number, unit = ''): string {
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return ''
  return `${value < 0 ? '−' : '+'}${text}${unit}`
}

/** Text of users and models as code on one line, which no Markdown and no mention in it leaves. */
function code(text: string): string {
  const line = cutText(printed(text.replaceAll(/\s+/g, ' ').trim()), MOST_CHARACTERS)
  if (line === '') return '``(empty)``'
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${padding}${line.replaceAll('|', '\\|')}${padding}${fence}`
}
