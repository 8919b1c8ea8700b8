import { TABLE_ENGINES } from './access.ts'
import { exception } from './exception.ts'
import { readTokens } from './tokens.ts'

/** Functions that need no privilege, and reach files or programs. */
const FUNCTIONS: ReadonlySet<string> = new Set(['file', 'executable'])
const ENGINES: ReadonlySet<string> = new Set(TABLE_ENGINES)
/** What follows a column that is called "engine". */
const AFTER_A_COLUMN: ReadonlySet<string> = new Set([
  'FROM',
  'AS',
  'ASC',
  'DESC',
  'IN',
  'NOT',
  'LIKE',
  'ILIKE',
  'IS',
  'AND',
  'OR',
])

/**
 * Refuses what access.ts cannot, since the engine asks no privilege for it: files of the engine's process by `INTO OUTFILE`,
 * `FROM INFILE` and `file(...)`, engines and disks of tables that lie elsewhere, backups, and databases of other systems.
 *
 * A statement is read as the engine's own lexer reads it. What would make the two read differently is refused too.
 *
 * @throws ClickHouseException 497 ACCESS_DENIED
 */
export function refuseForbidden(sql: string): void {
  let command = ''
  let object = ''
  let before = ''
  let isEngine = false
  for (const { kind, text } of readTokens(sql)) {
    const name = nameOf(text)
    const word = name.toUpperCase()
    if (kind === 'unsupported') {
      deny(
        `${quoted(text)}: the embedded engine takes no other quotes, $-quoted texts or names with a backslash`,
      )
    }
    if (FUNCTIONS.has(name)) deny(`the name ${name}: statements reach no files and run no programs`)
    if (word === 'OUTFILE') deny('INTO OUTFILE: read the answer instead')
    if (word === 'INFILE') deny('FROM INFILE: send the rows in the body')
    if (text === '(' && before === 'DISK') deny('disk(...): tables lie in the data directory')
    if (command === '' && (word === 'BACKUP' || word === 'RESTORE'))
      deny(`${word}: stop Weir and copy its home`)
    if (isEngine && text !== '=') {
      isEngine = false
      if (kind === 'name' && !ENGINES.has(name) && !AFTER_A_COLUMN.has(word)) {
        deny(`the table engine ${name}: use one of ${TABLE_ENGINES.join(', ')}`)
      }
    }
    if (word === 'ENGINE' && command !== 'SELECT') {
      if (object === 'DATABASE') deny('ENGINE of a database: leave it out')
      isEngine = true
    }
    if (command === '') command = text === '(' ? '' : word
    else if (object === '') object = word
    before = word
  }
}

function deny(what: string): never {
  throw exception(497, 'ACCESS_DENIED', `Not allowed here: ${what}`)
}

/** A name without its quotes. */
function nameOf(text: string): string {
  return /^[`"]/.test(text) ? text.slice(1, -1) : text
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}...` : text)
}
