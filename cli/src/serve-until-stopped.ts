/** After this long a close that hangs is given up. */
const CLOSE_DEADLINE_MS = 30_000

/**
 * Keeps a server running until SIGTERM, SIGINT, or the end of the supervisor that started this process (its IPC
 * channel closes even when it is killed), then closes it.
 */
export async function serveUntilStopped(server: { close(): Promise<unknown> }): Promise<void> {
  // The supervisor reads what is written here; that it is gone must not cut the closing short.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  await stopRequested()
  setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS).unref()
  await server.close()
  process.exit(0)
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    // A signal that comes twice must not end the process half closed: the listeners stay.
    process.on('SIGTERM', () => resolve())
    process.on('SIGINT', () => resolve())
    process.on('disconnect', () => resolve())
    // The supervisor may have gone before this line.
    if (process.connected === false) resolve()
  })
}
