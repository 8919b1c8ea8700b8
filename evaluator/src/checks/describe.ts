import { cutText, stringifyExact } from '@weir/store/text'
import type { Check } from './check.ts'
import { formatDuration } from './duration.ts'

/** Characters of a value in a check's name. */
const SHOWN = 80

/** The check as its author would write it: `steps.not.toHaveRun('apologise')`. */
export function describeCheck(check: Check): string {
  const subject = 'of' in check ? check.of : 'run'
  return `${subject}${check.not === true ? '.not' : ''}.${call(check)}`
}

function call(check: Check): string {
  switch (check.type) {
    case 'execution.ran':
      return `toHaveRun(${quote(check.name)}${countText(check.atLeast, check.atMost)})`
    case 'execution.succeeded':
      return `toHaveSucceeded(${quote(check.name)})`
    case 'execution.order':
      return `toHaveOrder(${check.names.map(quote).join(', ')}${check.strict ? ', { strict: true }' : ''})`
    case 'execution.trajectory':
      return `toHaveTrajectory([${check.names.map(quote).join(', ')}], ${quote(check.mode)})`
    case 'execution.duration':
      return `toHaveFinishedWithin(${quote(check.name)}, ${quote(compact(check.atMostNs))})`
    case 'execution.retries':
      return `toHaveRetriedAtMost(${quote(check.name)}, ${check.atMost})`
    case 'execution.fallback':
      return `toHaveUsedFallback(${quote(check.name)})`
    case 'execution.status':
      return `toHaveStatus(${quote(check.name)}, ${quote(check.status)})`
    case 'run.status':
      return check.status === 'ok' ? 'toSucceed()' : `toHaveStatus(${quote(check.status)})`
    case 'run.duration':
      return `toFinishWithin(${quote(compact(check.atMostNs))})`
    case 'run.errors':
      return 'toHaveNoErrors()'
    case 'run.cost':
      return `toCostAtMost(${check.atMost})`
    case 'run.tokens':
      return `toUseTokensAtMost(${check.atMost})`
    case 'output.equal':
      return `toHaveOutputEqual(${json(check.value)})`
    case 'output.contain':
      return `toHaveOutputContaining(${json(check.value)})`
    case 'output.schema':
      return `toHaveOutputMatching(${json(check.schema)})`
  }
}

function countText(atLeast: number, atMost: number | undefined): string {
  if (atLeast === 1 && atMost === undefined) return ''
  if (atLeast === atMost) return `, { times: ${atLeast} }`
  const bounds = [`atLeast: ${atLeast}`, ...(atMost === undefined ? [] : [`atMost: ${atMost}`])]
  return `, { ${bounds.join(', ')} }`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}

function json(value: unknown): string {
  const text = stringifyExact(value) ?? 'undefined'
  return text.length > SHOWN ? `${cutText(text, SHOWN)}...` : text
}

function compact(nanoseconds: number): string {
  return formatDuration(nanoseconds).replace(' ', '')
}
