// An embedded ClickHouse in a process of its own, on the directory given. It says where it listens and ends with its parent.
import { startClickHouse } from '@weir/engines'

const [path = ''] = process.argv.slice(2)
const server = await startClickHouse({ host: '127.0.0.1', port: 0, path, password: undefined })
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
