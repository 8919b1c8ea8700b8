import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'

/** Where servers since version 7 keep their append-only files. */
const DIRECTORY = 'appendonlydir'

// # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file, then use ...
// # Invalid AOF manifest file format
// # The AOF file appendonly.aof.1.base.rdb doesn't exist
// # Wrong signature trying to load DB from file
// # Internal error in RDB reading offset 0, function at rdb.c:3249 -> Unexpected EOF reading RDB file
// # Terminating server after rdb file reading failure.
const DAMAGE = new RegExp(
  [
    'Bad file format reading',
    'Invalid AOF manifest',
    'FATAL AOF MANIFEST',
    "The AOF file \\S+ doesn't exist",
    'Wrong signature trying',
    'Fatal error loading',
    'Internal error in RDB',
    'file reading failure',
  ].join('|'),
)

/**
 * Moves the data away that a server could not read.
 *
 * @param reason what it said before it ended
 * @returns the new place; undefined where it ended for another reason, or has no data
 */
export function setAsideDamaged(directory: string, reason: string): string | undefined {
  const data = join(directory, DIRECTORY)
  if (!DAMAGE.test(reason) || !existsSync(data)) return undefined
  const place = join(directory, `damaged-${new Date().toISOString().replaceAll(':', '-')}`)
  renameSync(data, place)
  return place
}
