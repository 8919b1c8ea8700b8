// A process of the ingest benchmark: `engine <directory>` or `collector <clickhouse url>`. It says where it listens
// and ends with its parent.
import { startCollector } from '@weir/collector'
import { startClickHouse } from '@weir/engines'

const [role, argument = ''] = process.argv.slice(2)
const server = await (role === 'engine'
  ? startClickHouse({ host: '127.0.0.1', port: 0, path: argument })
  : startCollector({
      store: { url: argument, database: 'weir', project: 'default' },
      host: '127.0.0.1',
      port: 0,
      logLevel: 'error',
    }))
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
