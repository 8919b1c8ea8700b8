import { openSync } from 'node:fs'
import { type Collector, startCollector } from '../collector.ts'

// A collector in a process of its own: `<clickhouse url> <database> <project> <log directory>`. Run with `--expose-gc`,
// it says what it keeps in memory whenever it is asked, and ends with its parent. WEIR_TEST_DESCRIPTORS are held open.
const [url = '', database = '', project = '', walDirectory = ''] = process.argv.slice(2)
const collector: Collector = await startCollector({
  store: { url, database, project },
  walDirectory,
  port: 0,
  grpcPort: 0,
  logLevel: 'error',
})
for (let left = Number(process.env.WEIR_TEST_DESCRIPTORS ?? 0); left > 0; left--) openSync('/dev/null', 'r')
process.send?.({ url: collector.url, port: collector.port, grpcPort: collector.grpcPort })
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  process.send?.({ kept: heapUsed + external, rss, cpu: (user + system) / 1e6 })
})
process.on('disconnect', () => void collector.close().finally(() => process.exit()))
