import { writeFile } from 'node:fs/promises'
import type { ExperimentReport, TrialReport } from '../experiment/report.ts'
import { type Reporter, trialNames } from './reporter.ts'

/** Writes JUnit XML to a file: a suite per experiment, a case per trial and one per gate. */
export function junitReporter(path: string): Reporter {
  return { onEnd: (reports) => writeFile(path, toJunit(reports)) }
}

export function toJunit(reports: readonly ExperimentReport[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${reports.map(suite).join('')}</testsuites>\n`
}

function suite(report: ExperimentReport): string {
  const { evaluation, variant, trials, gates, error, errors, failed, durationMs } = report
  const name = variant === '' ? evaluation : `${evaluation} [${variant}]`
  const brokenGates = gates.filter(({ outcome }) => outcome !== 'passed').length
  const counts = attributes({
    name,
    tests: trials.length + gates.length + (error === '' ? 0 : 1),
    failures: failed + brokenGates,
    errors: errors + (error === '' ? 0 : 1),
    time: (durationMs / 1000).toFixed(3),
  })
  const problem = error === '' ? '' : testCase(name, 'experiment', 0, problemText('error', error))
  const gateCases = gates.map((gate) =>
    testCase(
      name,
      `gate: ${gate.name}`,
      0,
      gate.outcome === 'passed' ? '' : problemText('failure', gate.reason),
    ),
  )
  const nameOf = trialNames(trials)
  const trialCases = trials.map((trial) => trialCase(name, nameOf(trial), trial))
  return `  <testsuite${counts}>\n${problem}${trialCases.join('')}${gateCases.join('')}  </testsuite>\n`
}

function trialCase(suiteName: string, name: string, trial: TrialReport): string {
  const { outcome, durationMs, results } = trial
  const bad = results.filter((result) => result.outcome !== 'passed')
  const text = bad
    .map((result) => `${result.outcome} ${result.name || result.kind}: ${result.reason}`)
    .join('\n')
  const problem = bad.length === 0 ? '' : problemText(outcome === 'error' ? 'error' : 'failure', text)
  return testCase(suiteName, name, durationMs, problem)
}

function testCase(classname: string, name: string, durationMs: number, content: string): string {
  const head = `    <testcase${attributes({ classname, name, time: (durationMs / 1000).toFixed(3) })}`
  return content === '' ? `${head}/>\n` : `${head}>\n${content}    </testcase>\n`
}

function problemText(tag: 'failure' | 'error', text: string): string {
  return `      <${tag}${attributes({ message: text.split('\n')[0]! })}>${escapeXml(text)}</${tag}>\n`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('')
}

/** A carriage return is legal, but parsers read it as a line end. */
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  '\r': '&#13;',
}

/** What is not a Char of XML 1.0 (w3.org/TR/xml/#charsets), not even as an entity; with the flag `u`, lone surrogates too. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

function escapeXml(text: string): string {
  return text.replaceAll(ILLEGAL, '\ufffd').replaceAll(/[&<>"\r]/g, (character) => ENTITIES[character]!)
}
