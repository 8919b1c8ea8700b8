import { type Command, InvalidArgumentError, Option } from 'commander'
import { readConfig } from '../config.ts'
import type { EvalOptions } from '../evaluate/eval-options.ts'

export function addEval(program: Command): void {
  program
    .command('eval')
    .argument('[files...]', 'evaluation files, directories or globs (default: every *.eval.ts below)')
    .description('run evaluations: 0 passed, 1 a gate failed, 2 usage, 3 could not evaluate')
    .option('--filter <text>', 'only evaluations whose name, or cases whose id, contains it')
    .option('--tag <tag>', 'only cases that have this tag; may be given several times', collect)
    .option('--variant <name>', 'only this variant; may be given several times', collect)
    .addOption(
      new Option(
        '--changed <revision>',
        'only evaluations whose files changed since this branch left it: what they import, and read their cases from',
      ).conflicts('inProcess'),
    )
    .addOption(
      new Option('--watch', 'run evaluations again whose files change, until Ctrl-C')
        .default(false)
        .conflicts(['inProcess', 'queue', 'promote', 'resume']),
    )
    .option('--trials <n>', 'times that each case is run at most', positiveInteger)
    .option('--concurrency <n>', 'cases at once', positiveInteger)
    .option(
      '--baseline <name>',
      'compare with this baseline or experiment; where none is promoted, with what passed where this branch left it',
    )
    .addOption(
      new Option('--promote <name>', 'make what passed this baseline').conflicts(['local', 'filter', 'tag']),
    )
    .option('--json <file>', 'write the result as JSON; "-" prints it alone on stdout')
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--markdown <file>', 'write a summary for a pull request; "-" prints it alone on stdout')
    .option('--github', 'annotate the commit, and add the summary to the step, in GitHub Actions', false)
    .addOption(
      new Option('--resume <experiment>', 'run what is left of an experiment that ended early').conflicts([
        'queue',
        'local',
      ]),
    )
    .addOption(
      new Option('--queue', 'run the cases on workers, as many at once as these take')
        .default(false)
        .conflicts(['local', 'concurrency', 'inProcess']),
    )
    .option('--local', 'without a server: runs are recorded in memory', false)
    .option('--in-process', 'for debuggers: run tasks in this process, which they can end', false)
    .action(async (files: string[], options: EvalOptions) => {
      const config = readConfig()
      const { startProcesses } = await import('../evaluate/runner-processes.ts')
      const started = options.inProcess ? undefined : startProcesses(config, options, true)
      const { runEvalCommand } = await import('../evaluate/run-eval-command.ts')
      await runEvalCommand(config, files, options, started)
    })
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.')
  return value
}
