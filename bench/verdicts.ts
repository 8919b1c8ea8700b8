import {
  type ExperimentRuns,
  judgeAdjusted,
  judgeExperiments,
  judgeRuns,
  type Observation,
} from '@weir/store/compare'
import { cases, execute, firstTrials } from './verdicts/experiment.ts'
import { type Random, random } from './verdicts/random.ts'
import * as traffic from './verdicts/traffic.ts'

export const name = 'Verdicts: how often a comparison is wrong, and how often it sees a change'

const REPEATS = 1000
const GOALS = { regression: 0.05, any: 0.08, power: 0.9 }

/** What a comparison said. */
type Said = readonly string[]

interface Scenario {
  readonly text: string
  /** Whether there is a change to find. */
  readonly changed: boolean
  /** One comparison of fresh data. */
  readonly compare: (random: Random) => Said
}

/** Simulates comparisons, judged by the functions that pages and commands use. */
export async function run(): Promise<string> {
  const lines = SCENARIOS.map((scenario, i) => {
    const line = simulate(scenario, 1 + i)
    console.error(line)
    return line
  })
  return [
    `${REPEATS} comparisons a row. Without a change, at most ${percent(GOALS.regression)} may be called a regression, and ${percent(GOALS.any)} anything; a change must be seen in ${percent(GOALS.power)}.`,
    '',
    '| sides | regression | any verdict | |',
    '| --- | ---: | ---: | --- |',
    ...lines,
  ].join('\n')
}

function simulate({ text, changed, compare }: Scenario, seed: number): string {
  const source = random(seed)
  let regressions = 0
  let verdicts = 0
  for (let i = 0; i < REPEATS; i++) {
    const said = compare(source)
    if (said.some((verdict) => verdict === 'slower' || verdict === 'worse')) regressions++
    if (said.length > 0) verdicts++
  }
  const [regression, any] = [regressions / REPEATS, verdicts / REPEATS]
  const met = changed ? regression >= GOALS.power : regression <= GOALS.regression && any <= GOALS.any
  return `| ${text} | ${percent(regression)} | ${percent(any)} | ${met ? 'met' : '**missed**'} |`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function ofRuns(base: readonly Observation[], candidate: readonly Observation[], anytime = false): Said {
  return Object.values(judgeRuns(base, candidate, anytime))
    .map(({ verdict }) => verdict)
    .filter(isChange)
}

function ofExperiments(base: ExperimentRuns, candidate: ExperimentRuns, anytime = false): Said {
  const { metrics, caseMetrics } = judgeExperiments(base, candidate, anytime)
  return [...Object.values(metrics), ...caseMetrics].map(({ verdict }) => verdict).filter(isChange)
}

/** Runs of a kind are compared with those of the same kind. */
function adjusted(base: readonly Observation[], candidate: readonly Observation[]): Said {
  return Object.values(judgeAdjusted(base, candidate))
    .map(({ verdict }) => verdict)
    .filter(isChange)
}

function isChange(verdict: string): boolean {
  return verdict !== 'no clear change' && verdict !== 'not compared' && !verdict.startsWith('needs')
}

/** The same traffic on both sides. */
function same(text: string, n: number, make: () => traffic.Traffic): Scenario {
  return {
    text,
    changed: false,
    compare: (source) => {
      const side = make()
      return ofRuns(side(source, n), side(source, n))
    },
  }
}

/** Looks at two growing sides after every 50 runs, as one does at a growing side, and stops at the first regression. */
function peek(source: Random): Said {
  const side = traffic.failing
  const [base, candidate] = [side(source, 1000), side(source, 1000)]
  let said: Said = []
  for (let n = 50; n <= 1000; n += 50) {
    const now = ofRuns(base.slice(0, n), candidate.slice(0, n), true)
    if (now.length > said.length) said = now
    if (now.some((verdict) => verdict === 'slower' || verdict === 'worse')) return now
  }
  return said
}

const CASES = 20
const MOST_TRIALS = 20

/** Looks after each trial of all cases, and stops at the first verdict, as `trials: { max: 20, stopWhen: 'decided' }` does. */
function untilDecided(passing: number, spread: number, change: { readonly passing?: number } = {}) {
  return (source: Random): Said => {
    const natures = cases(source, CASES, passing, spread)
    const base = execute(source, natures, MOST_TRIALS)
    const candidate = execute(source, natures, MOST_TRIALS, change)
    for (let trials = 1; trials <= MOST_TRIALS; trials++) {
      const [before, after] = [base, candidate].map((side) => firstTrials(side, trials, CASES))
      const said = ofExperiments(before!, after!, true)
      if (said.length > 0) return said
    }
    return []
  }
}

const SCENARIOS: readonly Scenario[] = [
  same('independent, n = 300', 300, () => traffic.independent),
  same('heavy-tailed, n = 300', 300, () => traffic.heavyTailed),
  same('tied, n = 300', 300, () => traffic.tied),
  same('bimodal, n = 300', 300, () => traffic.bimodal),
  same('one in ten fails, n = 300', 300, () => traffic.failing),
  same('AR(1) 0.9, n = 1,000', 1000, traffic.autoregressive(0.9)),
  same('AR(1) 0.99, n = 1,000', 1000, traffic.autoregressive(0.99)),
  same('a slow drift under noise, n = 1,000', 1000, traffic.drifting),
  same('20 users x 50 runs', 1000, () => traffic.users),
  {
    text: '5 cases x 10 trials',
    changed: false,
    compare: (source) => {
      const natures = cases(source, 5, 0.8, 0.2)
      return ofExperiments(execute(source, natures, 10), execute(source, natures, 10))
    },
  },
  {
    text: '40 cases, 1 trial against 5',
    changed: false,
    compare: (source) => {
      const natures = cases(source, 40, 0.9, 0.1)
      return ofExperiments(execute(source, natures, 1), execute(source, natures, 5))
    },
  },
  { text: 'peeking after every 50 of 1,000', changed: false, compare: peek },
  {
    text: '1.5 times slower, n = 300',
    changed: true,
    compare: (source) => {
      const side = traffic.independent
      return ofRuns(side(source, 300), traffic.slower(side, 1.5)(source, 300))
    },
  },
  {
    text: '40 cases, all 20 % slower',
    changed: true,
    compare: (source) => {
      const natures = cases(source, 40, 1, 0)
      return ofExperiments(execute(source, natures, 1), execute(source, natures, 1, { slower: 1.2 }))
    },
  },
  {
    text: '20 cases x 10 trials, passing 0.8 → 0.6',
    changed: true,
    compare: (source) => {
      const natures = cases(source, 20, 0.8, 0)
      return ofExperiments(execute(source, natures, 10), execute(source, natures, 10, { passing: 0.6 }))
    },
  },
  {
    text: 'the slowest tenth times out, n = 1,000: nothing is faster',
    changed: true,
    compare: (source) => {
      const said = ofRuns(traffic.independent(source, 1000), traffic.timingOut(source, 1000))
      return said.includes('faster') ? ['faster'] : said
    },
  },
  {
    text: 'stopped when decided, 20 cases, up to 20 trials',
    changed: false,
    compare: untilDecided(0.8, 0.2),
  },
  {
    text: 'stopped when decided, 20 cases, up to 20 trials, passing 0.8 → 0.6',
    changed: true,
    compare: untilDecided(0.8, 0, { passing: 0.6 }),
  },
  {
    text: 'heavy runs 30 % → 60 %, adjusted, n = 600',
    changed: false,
    compare: (source) => adjusted(traffic.mixed(0.3)(source, 600), traffic.mixed(0.6)(source, 600)),
  },
  {
    text: 'heavy runs 60 % → 30 %, all 1.5 times slower, adjusted, n = 600',
    changed: true,
    compare: (source) =>
      adjusted(traffic.mixed(0.6)(source, 600), traffic.slower(traffic.mixed(0.3), 1.5)(source, 600)),
  },
]
