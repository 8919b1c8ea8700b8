import { flush, init, shutdown } from '@weir/sdk'
import { createResearchFlow } from './flow.ts'

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

// Sends to WEIR_ENDPOINT, by default http://127.0.0.1:4318.
init({ serviceName: 'research-service', serviceVersion: '2.3.0', environment: 'development' })

const research = createResearchFlow('1', { seed: Date.now() })
for (const query of QUERIES) {
  const started = performance.now()
  try {
    const { citations } = await research.run({ query }, { session: 'terminal', user: 'you' })
    console.log(`${query}: ${citations.length} citations in ${Math.round(performance.now() - started)} ms`)
  } catch (error) {
    console.log(`${query}: ${(error as Error).message}`)
  }
}
await flush()
await shutdown()
