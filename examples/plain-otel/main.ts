import { placeOrder } from './orders.ts'
import { startTelemetry } from './telemetry.ts'

const provider = startTelemetry({
  'service.name': 'order-desk',
  'deployment.environment.name': 'development',
})
const desk = { tracer: provider.getTracer('orders'), random: Math.random, speed: 1 }

for (let number = 1; number <= 10; number++) {
  await placeOrder(desk, { id: String(number), items: 1 + (number % 3) })
  console.log(`order ${number}`)
}
await provider.shutdown()
