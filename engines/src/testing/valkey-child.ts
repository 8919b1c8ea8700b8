import { startValkey } from '../valkey/server.ts'

// Runs beside the tests: says where it listens, and ends with its parent.
const [directory = '', password] = process.argv.slice(2)
const server = await startValkey({ port: 0, directory, password })
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
