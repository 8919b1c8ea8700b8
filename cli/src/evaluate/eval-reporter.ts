import { reachableHost, UsageError } from '@weir/config'
import {
  allReporters,
  githubReporter,
  jsonReporter,
  junitReporter,
  markdownReporter,
  type Reporter,
  terminalReporter,
  toJsonReport,
  toMarkdown,
} from '@weir/evaluator'
import type { Config } from '../config.ts'
import { requireWritable } from '../require-writable.ts'
import { type EvalOptions, isStdoutTaken } from './eval-options.ts'

/** @throws UsageError for reports that cannot be written */
export function requireReports({ json, junit, markdown }: EvalOptions): void {
  for (const report of [json, junit, markdown])
    if (report !== undefined && report !== '-') requireWritable(report)
  if (json === '-' && markdown === '-')
    throw new UsageError(
      '--json and --markdown cannot both be "-": stdout holds one of them. Name a file for the other.',
    )
}

export function toReporter(
  config: Config,
  options: EvalOptions,
  writeStdout: NodeJS.WriteStream['write'],
): Reporter {
  const { json, junit, markdown, github } = options
  const stream = isStdoutTaken(options) ? process.stderr : process.stdout
  const write = (text: string) => void stream.write(text)
  const dashboard = dashboardOf(config)
  const summary = process.env.GITHUB_STEP_SUMMARY
  return allReporters([
    terminalReporter({ write, isInteractive: stream.isTTY === true, ...dashboard }),
    ...(json === undefined ? [] : [json === '-' ? onStdout(writeStdout, toJsonReport) : jsonReporter(json)]),
    ...(junit === undefined ? [] : [junitReporter(junit)]),
    ...(markdown === undefined
      ? []
      : [
          markdown === '-'
            ? onStdout(writeStdout, (reports) => toMarkdown(reports, dashboard))
            : markdownReporter(markdown, dashboard),
        ]),
    ...(github ? [githubReporter(write)] : []),
    ...(github && summary ? [markdownReporter(summary, { ...dashboard, append: true })] : []),
  ])
}

/** Waits until the pipe has taken everything: `process.exit` drops what it has not. */
function onStdout(write: NodeJS.WriteStream['write'], toText: typeof toJsonReport): Reporter {
  return {
    onEnd: (reports, exitCode) => new Promise((resolve) => write(toText(reports, exitCode), () => resolve())),
  }
}

/** Where the pages are is known only for a Weir on this machine. */
function dashboardOf({ endpoint, host, ports }: Config): { dashboardUrl?: string } {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname)
  return isHere ? { dashboardUrl: `http://${reachableHost(host)}:${ports.dashboard}` } : {}
}
