import { startValkey } from '../valkey/server.ts'

// Runs beside the tests: says where it listens, and ends with its parent.
const server = await startValkey({ port: 0, directory: process.argv[2] ?? '' })
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
