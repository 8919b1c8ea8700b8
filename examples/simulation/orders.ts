import { placeOrder } from '../plain-otel/orders.ts'
import { startTelemetry } from '../plain-otel/telemetry.ts'
import { simulateLastDay } from './last-day.ts'
import { randomNumbers } from './random-numbers.ts'
import { withSimulatedTime } from './simulated-time.ts'

const RUNS = 600
const SPEED = 5

const provider = startTelemetry(
  { 'service.name': 'order-desk', 'service.version': '5.1.0', 'deployment.environment.name': 'production' },
  withSimulatedTime,
)
const desk = { tracer: provider.getTracer('orders'), random: randomNumbers(7), speed: SPEED }
await simulateLastDay(
  [
    {
      runs: RUNS,
      fromHoursAgo: 23.5,
      toHoursAgo: 0.05,
      run: (index) => placeOrder(desk, { id: String(index), items: 1 + (index % 4) }),
    },
  ],
  { speed: SPEED, concurrency: 8 },
)
await provider.shutdown()
console.log(`orders: ${RUNS} runs`)
