import { inject, it } from 'vitest'
import { redisStore } from '../stores/redis.ts'
import { checkPrograms } from './testing.programs.ts'

const url = inject('redisUrl')

// Few, since each operation takes 100 ms where Valkey runs as WebAssembly.
it('a run gives what its model gives', async () => {
  await checkPrograms(() => redisStore(url, { keyPrefix: crypto.randomUUID() }), 2)
})
