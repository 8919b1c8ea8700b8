import { UsageError } from './errors.ts'
import { type RetentionDays, retentionProblem } from './retention-days.ts'
import type { Reader, Variable } from './variable.ts'
import { VARIABLES, type Variables } from './variables.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables of the environment have values that cannot be used. */
export class ConfigError extends UsageError {
  override readonly code = 'CONFIG'
}

/** A variable whose value cannot be used, with the words that say so: `is "abc", expected a port from 1 to 65535`. */
export interface WrongVariable {
  readonly variable: Variable
  readonly came: string
  readonly expected: string
}

/**
 * A reader's part of the table. An empty variable counts as not set.
 * @throws ConfigError that names all variables of the reader that cannot be used
 */
export function readVariables<R extends Reader>(reader: R, env: Environment = process.env): Variables<R> {
  const wrong: WrongVariable[] = []
  const values = Object.entries<Variable>(VARIABLES)
    .filter(([, { readers }]) => readers.includes(reader))
    .map(([key, variable]) => {
      const value = parse(variable, env)
      if (value.wrong !== undefined) wrong.push(value.wrong)
      return [key, value.parsed]
    })
  wrong.push(...contradictions(Object.fromEntries(values), env))
  if (wrong.length > 0) {
    throw new ConfigError(
      wrong.map(({ variable, came, expected }) => `${variable.name} ${came}, ${expected}`).join('\n'),
    )
  }
  return Object.fromEntries(values) as Variables<R>
}

/** All variables, whoever reads them, that cannot be used. */
export function wrongVariables(env: Environment = process.env): WrongVariable[] {
  const all = Object.entries<Variable>(VARIABLES).map(([key, variable]) => ({ key, ...parse(variable, env) }))
  const values = Object.fromEntries(all.map(({ key, parsed }) => [key, parsed]))
  return [...all.flatMap(({ wrong }) => wrong ?? []), ...contradictions(values, env)]
}

/** Values that can be used each, and not together. */
function contradictions(values: Readonly<Record<string, unknown>>, env: Environment): WrongVariable[] {
  const { retention, payloadRetention } = values as Record<string, RetentionDays | undefined>
  const { flowServers, flowServerKeys } = values as Partial<Variables<'dashboard'>>
  const stranger = [...(flowServerKeys?.keys() ?? [])].find((url) => !flowServers?.includes(url))
  if (stranger !== undefined) {
    const came = `has a key for ${stranger}`
    return [{ variable: VARIABLES.flowServerKeys, came, expected: 'expected a server of WEIR_FLOW_SERVERS' }]
  }
  if (retention === undefined || payloadRetention === undefined) return []
  const problem = retentionProblem(retention, payloadRetention)
  if (problem === undefined) return []
  const variable = VARIABLES.payloadRetention
  return [{ variable, came: `is ${JSON.stringify(env[variable.name])}`, expected: problem }]
}

/** `//user:password@host`: who reads a message need not know them. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/\s,]*@/g, '//***@')
}

function parse(variable: Variable, env: Environment): { parsed?: unknown; wrong?: WrongVariable } {
  const text = env[variable.name] || variable.default
  if (text === undefined) return { parsed: undefined }
  const { success, data } = variable.schema.safeParse(text)
  if (success) return { parsed: data }
  const came = variable.isSecret ? 'cannot be used' : `is ${JSON.stringify(withoutCredentials(text))}`
  return { wrong: { variable, came, expected: `expected ${variable.expected}` } }
}
