import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { type Comparison, compare, parseSide } from '@weir/store/compare'
import { getFilterOptions, searchRuns } from '@weir/store/pages'
import { type Command, Option } from 'commander'
import { comparisonExitCode } from '../compare/exit-code.ts'
import { formatComparison } from '../compare/format-comparison.ts'
import { print, printJson } from '../print.ts'
import { withStore } from '../with-store.ts'

interface CompareOptions {
  flow: string
  base: string
  candidate: string
  failOn?: 'regression'
  anytime?: true
  adjust?: string
  json: boolean
}

const SIDE =
  'version=2, window=24h, environment=prod, experiment=<id> or baseline=main; more after commas narrow it'
/** Runs older than that are not looked for when a flow is unknown. */
const KNOWN_DAYS = 90

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('say, per step, whether a version got slower or worse')
    .requiredOption('--flow <name>', 'the flow whose runs are compared')
    .requiredOption('--base <side>', SIDE)
    .requiredOption('--candidate <side>', 'the same, for what is judged')
    .addOption(
      new Option('--fail-on <verdict>', 'exit code 1 on this verdict, 3 with too few runs to tell').choices([
        'regression',
      ]),
    )
    .option(
      '--anytime',
      'verdicts that hold however often you look while runs arrive (the default where a side still grows)',
    )
    .option(
      '--adjust <attribute>',
      'compare runs with those of the same environment, service, model, user or session, or key of their metadata',
    )
    .option('--json', 'print the comparison as JSON', false)
    .action((options: CompareOptions) => withStore((store) => runCompare(store, options)))
}

async function runCompare(store: Store, options: CompareOptions): Promise<void> {
  const comparison = await compare(store, {
    flow: options.flow,
    base: parseSide(options.base),
    candidate: parseSide(options.candidate),
    ...(options.anytime && { anytime: true }),
    ...(options.adjust !== undefined && { adjust: options.adjust }),
  })
  await refuseUnknown(store, comparison)
  if (options.json) printJson(comparison)
  else print(...formatComparison(comparison))
  process.exitCode = comparisonExitCode(comparison, options.failOn)
}

/** A flow or a version that does not exist is a mistyped one: say which there are. */
async function refuseUnknown(store: Store, { flow, base, candidate }: Comparison): Promise<void> {
  if (base.runs > 0 || candidate.runs > 0) return
  const to = new Date()
  const from = new Date(to.getTime() - KNOWN_DAYS * 86_400_000)
  const { runs } = await searchRuns(store, { flow, from, to, limit: 1 })
  if (runs.length > 0) return
  const { values, total } = (await getFilterOptions(store, { from, to })).flows
  const more = total > values.length ? ` and ${total - values.length} more` : ''
  const known = total === 0 ? 'nothing is recorded yet' : `recorded are: ${values.join(', ')}${more}`
  throw new UsageError(`there is no flow "${flow}"; ${known}`)
}
