import { inject, it } from 'vitest'
import { postgresStore } from '../stores/postgres.ts'
import { checkPrograms } from './testing.programs.ts'

const connectionString = inject('postgresUrl')

it('a run gives what its model gives', async () => {
  await checkPrograms(() => {
    const table = `t${crypto.randomUUID().slice(-11)}`
    return postgresStore({ connectionString }, { table })
  }, 6)
})
