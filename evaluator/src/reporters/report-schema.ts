import { z } from 'zod'

const count = z.int().min(0)
const share = z.number().min(0).max(1)
const dollars = z.number().min(0).describe('US dollars')
const outcome = z.enum(['passed', 'failed', 'unverifiable', 'error'])
const change = z.object({ name: z.string(), mean: z.number(), baseline: z.number() })
const interval = z.object({ low: share, high: share }).describe('95 %, with the cases as n')
const shareChange = change.extend({ interval, baselineInterval: interval })

const result = z.object({
  experimentId: z.string(),
  caseId: z.string(),
  trial: count,
  kind: z.enum(['task', 'check', 'scorer']),
  name: z.string().describe("'' for the task"),
  outcome,
  score: share.describe(
    'Of a scorer; otherwise 1 passed, 0 not. A scorer that failed has none: ignore its 0',
  ),
  reason: z.string(),
  runId: z.string(),
  durationNs: z.number().min(0).describe('Of the run for a task, 0 for the rest'),
})

const trial = z.object({
  caseId: z.string(),
  trial: count.describe('Repeat of the case, from 0'),
  runId: z.string().describe("'' if its process crashed"),
  outcome: outcome.describe('The worst of its results'),
  durationMs: z.number().min(0),
  input: z.unknown(),
  reference: z.unknown().optional().describe('Absent if the case has none'),
  output: z.unknown().optional().describe('Absent if none was recorded; text if it was cut'),
  outputLength: count.describe('Characters that the output had before it was cut; 0: it is whole'),
  inputTokens: count,
  outputTokens: count,
  cost: dollars,
  isCostPartial: z.boolean().describe('Some tokens have no known price: it cost at least as much'),
  results: z.array(result).describe('The task first'),
})

const changes = z.object({
  experimentId: z.string().describe('Of the baseline'),
  broke: z.array(z.string()).describe('Ids of cases that passed in the baseline and do not now'),
  mended: z.array(z.string()),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  passRate: shareChange,
  scores: z.array(shareChange),
  duration: change.describe('Milliseconds of a trial'),
  cost: change.describe('US dollars of a trial'),
})

const experiment = z.object({
  experimentId: z.string(),
  evaluation: z.string(),
  file: z.string().describe("Relative to the working directory; '' if it came from no file"),
  variant: z.string().describe("'' without variants"),
  flow: z.string(),
  version: z.string(),
  revision: z.string().describe("Of the code under test; '' if it is not known"),
  dataset: z.string().describe("name@version; '' for data in the definition or a file"),
  datasetHash: z.string().describe('SHA-256 of the cases'),
  mode: z.enum(['recorded', 'local', 'queue']),
  status: z.enum(['passed', 'failed', 'error']),
  planned: count.describe('Cases x trials'),
  decidedAfter: count
    .nullable()
    .describe('Trials of each case after which all gates were decided, so that no more ran; null: all ran'),
  baselineExperimentId: z.string().describe("'' if there was none"),
  flaky: z.array(z.string()).describe('Ids of cases of which some trials passed and some did not'),
  changes: changes.optional().describe('Against the baseline, over the cases that both have'),
  gates: z.array(z.object({ name: z.string(), outcome: outcome.exclude(['error']), reason: z.string() })),
  error: z.string().describe("Why it could not be evaluated; '' if it could"),
  durationMs: z.number().min(0),
  evaluated: count,
  passed: count,
  failed: count.describe('A check failed, or could not be verified'),
  errors: count.describe('The task or a scorer failed'),
  passRate: share,
  passRateInterval: interval.nullable().describe('null if nothing was evaluated'),
  passAt: z
    .array(
      z.object({
        k: count,
        any: share.describe('pass@k: the chance that at least one of k trials of a case passes'),
        anyInterval: interval,
        all: share.describe('pass^k: the chance that all k trials of a case pass'),
        allInterval: interval,
      }),
    )
    .describe('By k; empty where a case has one trial'),
  scores: z
    .array(z.object({ name: z.string(), mean: share, min: share, count, interval }))
    .describe('Over the trials that have the score'),
  inputTokens: count.describe('Of all runs: those that were repeated, and those of scorers, too'),
  outputTokens: count,
  cost: dollars.describe('US dollars, of all runs'),
  isCostPartial: z.boolean(),
  trials: z.array(trial),
})

/** What `weir eval --json` writes; `evaluator/report.schema.json` is made of it. */
export const jsonReport = z.object({
  format: z.literal(2),
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  experiments: z.array(experiment),
})
