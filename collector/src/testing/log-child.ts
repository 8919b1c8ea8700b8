import { bytesOf, openLog } from './wal.ts'

// Appends blocks to a log, says of each whether it was taken, and leaves the log as a killed process does.
const [directory = '', count, length] = process.argv.slice(2)
const { log } = await openLog(directory)
for (let at = 0; at < Number(count); at++) {
  const outcome = await log.append(bytesOf(at, Number(length)), at + 1).then(
    () => 'taken',
    (error: Error) => error.message,
  )
  console.log(JSON.stringify({ rows: at + 1, outcome }))
}
process.kill(process.pid, 'SIGKILL')
