// An embedded ClickHouse in a process of its own: `engine <directory>`. It says where it listens and ends with its parent.
import { startClickHouse } from '@weir/engines'

const [role, path = ''] = process.argv.slice(2)
if (role !== 'engine') throw new Error(`unknown role ${role}, expected engine`)
const server = await startClickHouse({ host: '127.0.0.1', port: 0, path })
process.send?.({ url: server.url })
process.on('disconnect', () => void server.close().finally(() => process.exit()))
