import { startClickHouse } from '../clickhouse/server.ts'

// Runs beside the tests: says where it listens, and ends with its parent.
const [path = '', password] = process.argv.slice(2)
const server = await startClickHouse({ port: 0, path, password })
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
