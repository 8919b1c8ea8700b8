import { serve as listen } from '@hono/node-server'
import { init, resumeRuns, shutdown } from '@weir/sdk'
import { serve } from '@weir/sdk/serve'
import { createOrderFlow } from './flow.ts'

const { PORT = '3400', ORDERS_DB = 'orders.db', ORDERS_KEY } = process.env

// Sends to WEIR_ENDPOINT, by default http://127.0.0.1:4318.
init({ serviceName: 'orders', environment: 'development' })

const order = createOrderFlow(ORDERS_DB)
const stopResuming = resumeRuns([order])
const fetch = serve(
  { order },
  {
    // Whoever may run flows may also approve orders: behind anything but loopback, a key is needed.
    authorize: ({ headers }) =>
      ORDERS_KEY === undefined || headers.get('authorization') === `Bearer ${ORDERS_KEY}`,
  },
)
const server = listen({ fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`orders are taken at http://127.0.0.1:${port}`),
)

process.once('SIGTERM', async () => {
  server.close()
  await stopResuming()
  await shutdown()
  process.exit(0)
})
