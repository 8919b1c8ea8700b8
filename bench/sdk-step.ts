import type { trace } from '@opentelemetry/api'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { flow, init, shutdown } from '@weir/sdk'

export const name = 'SDK: a step against a bare OpenTelemetry span'

const SPANS = 20_000
const ROUNDS = 15
const BUDGET = 1.25

/** Takes spans and keeps their number only. */
class CountingExporter implements SpanExporter {
  spans = 0

  export(spans: readonly unknown[], done: (result: { code: number }) => void): void {
    this.spans += spans.length
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}
}

interface Output {
  readonly id: number
  readonly title: string
  readonly score: number
  readonly tags: readonly string[]
}

const work = async (id: number): Promise<Output> => ({
  id,
  title: 'a found document',
  score: 0.5,
  tags: ['a', 'b'],
})

/** CPU microseconds of a step and of a bare span with the same attributes, and their ratio; rounds interleaved. */
export async function run(): Promise<string> {
  const unrecorded = flow('off', async () => {
    for (let id = 0; id < SPANS; id++) await flow.step('search', () => work(id))
  })
  const alone = async () => {
    for (let id = 0; id < SPANS; id++) await (async () => await work(id))()
  }
  await unrecorded.run()
  await alone()
  const [off, floor]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    off.push(await cpuPerSpan(() => unrecorded.run()))
    floor.push(await cpuPerSpan(alone))
  }
  const [ours, theirs] = [new CountingExporter(), new CountingExporter()]
  init({ exporter: ours, batch: true, global: false })
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: theirs })] })
  const tracer = provider.getTracer('bench')

  const steps = flow('bench', async () => {
    for (let id = 0; id < SPANS; id++) await flow.step('search', () => work(id))
  })
  const bare = () =>
    tracer.startActiveSpan('bench', async (root) => {
      const runId = root.spanContext().traceId
      for (let id = 0; id < SPANS; id++) await bareStep(tracer, runId, id)
      root.end()
    })

  await steps.run()
  await bare()
  const rounds: { step: number; span: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [first, second] = round % 2 === 0 ? [() => steps.run(), bare] : [bare, () => steps.run()]
    const [one, two] = [await cpuPerSpan(first), await cpuPerSpan(second)]
    rounds.push(round % 2 === 0 ? { step: one, span: two } : { step: two, span: one })
  }
  await shutdown()
  await provider.shutdown()
  const expected = (ROUNDS + 1) * (SPANS + 1)
  if (ours.spans !== expected || theirs.spans !== expected) {
    throw new Error(`expected ${expected} spans from both sides, got ${ours.spans} and ${theirs.spans}`)
  }
  return table(rounds, median(off), median(floor))
}

/** What a developer would write by hand to record the same. */
function bareStep(tracer: ReturnType<typeof trace.getTracer>, runId: string, id: number): Promise<Output> {
  const attributes = {
    'weir.kind': 'step',
    'weir.flow.name': 'bench',
    'weir.run.id': runId,
    'weir.step.name': 'search',
    'weir.step.index': id,
    'openinference.span.kind': 'CHAIN',
  }
  return tracer.startActiveSpan('search', { attributes }, async (span) => {
    try {
      const output = await work(id)
      span.setAttribute('weir.step.attempts', 1)
      span.setAttribute('output.value', JSON.stringify(output))
      span.setAttribute('output.mime_type', 'application/json')
      return output
    } finally {
      span.end()
    }
  })
}

async function cpuPerSpan(execute: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await execute()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / SPANS
}

function table(rounds: readonly { step: number; span: number }[], off: number, floor: number): string {
  const step = median(rounds.map((round) => round.step))
  const span = median(rounds.map((round) => round.span))
  const ratio = median(rounds.map((round) => round.step / round.span))
  return [
    '| | CPU per span |',
    '|---|---|',
    `| bare span, 9 attributes, output as JSON | ${span.toFixed(2)} µs |`,
    `| \`flow.step\`, the same attributes | ${step.toFixed(2)} µs |`,
    `| \`flow.step\` where nothing is recorded | ${off.toFixed(2)} µs |`,
    `| an async function that awaits the same work | ${floor.toFixed(2)} µs |`,
    `| ratio (median of ${rounds.length} interleaved rounds of ${SPANS}; budget ${BUDGET}) | ${ratio.toFixed(2)} |`,
  ].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
