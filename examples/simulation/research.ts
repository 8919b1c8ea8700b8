import { startTelemetry } from '../plain-otel/telemetry.ts'
import { createResearchFlow } from '../research/flow.ts'
import { simulateLastDay } from './last-day.ts'
import { withSimulatedTime } from './simulated-time.ts'

const RUNS_PER_VERSION = 450
const SPEED = 10
const QUERIES = [
  'launch plan',
  'pricing',
  'competitors',
  'hiring',
  'churn',
  'onboarding',
  'suppliers',
  'patents',
]

const provider = startTelemetry(
  { 'service.name': 'research-service', 'deployment.environment.name': 'production' },
  withSimulatedTime,
)
const traffic = (version: '1' | '2') => {
  const research = createResearchFlow(version, { seed: Number(version) * 100_000, speed: SPEED })
  return (index: number) =>
    research.run(
      { query: QUERIES[index % QUERIES.length] ?? '' },
      { session: `session-${version}-${Math.floor(index / 4)}`, user: `user-${index % 37}` },
    )
}
await simulateLastDay(
  [
    { runs: RUNS_PER_VERSION, fromHoursAgo: 23.5, toHoursAgo: 8, run: traffic('1') },
    { runs: RUNS_PER_VERSION, fromHoursAgo: 10, toHoursAgo: 0.3, run: traffic('2') },
  ],
  { speed: SPEED, concurrency: 16 },
)
await provider.shutdown()
console.log(`research: ${RUNS_PER_VERSION} runs of each of two versions`)
