import { lockForGood } from '../clickhouse/directory-lock.ts'

// Holds the lock of a directory until it is told to end.
await lockForGood(process.argv[2] ?? '', 0)
process.send?.('locked')
process.on('message', () => process.exit())
