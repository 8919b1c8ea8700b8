import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { exception } from './exception.ts'

/** The one user of an embedded engine. */
export const USER = 'weir'

interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * Lets a request pass that names the user and the password in one of the ways of ClickHouse's HTTP interface.
 *
 * @throws ClickHouseException 516 AUTHENTICATION_FAILED
 */
export function authenticate(request: IncomingMessage, password: string): void {
  const given = credentialsOf(request)
  if (given?.user === USER && isSame(given.password, password)) return
  throw exception(
    516,
    'AUTHENTICATION_FAILED',
    'The user or the password is not right: WEIR_HOME/clickhouse.url has the URL with both',
  )
}

function credentialsOf({ headers, url = '/' }: IncomingMessage): Credentials | undefined {
  const [, basic] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (basic !== undefined) {
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString().split(':')
    return { user, password: rest.join(':') }
  }
  const key = headers['x-clickhouse-key']
  if (typeof key === 'string') return { user: String(headers['x-clickhouse-user'] ?? ''), password: key }
  const parameters = new URL(url, 'http://embedded').searchParams
  const password = parameters.get('password')
  return password === null ? undefined : { user: parameters.get('user') ?? '', password }
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
