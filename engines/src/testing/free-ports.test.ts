import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePorts } from './free-ports.ts'

test('free ports differ, and no connection is given one meanwhile', async () => {
  const ports = await freePorts(5)
  expect(new Set(ports).size).toBe(5)
  expect(Math.max(...ports)).toBeLessThan(32_768)
  const server = createServer().listen(ports[0], '127.0.0.1')
  await once(server, 'listening')
  // As many as a worker has: one that is in use is passed over each time that its turn comes.
  for (let asked = 0; asked < 14; asked++) expect(await freePorts(100)).not.toContain(ports[0])
  server.close()
})
