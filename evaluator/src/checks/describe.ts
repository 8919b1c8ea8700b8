import { cutText, stringifyExact } from '@weir/store'
import type { Check } from './check.ts'
import { formatDuration } from './duration.ts'

/** Characters of a value in a check's name. */
const SHOWN = 80

/** The check as its author would write it: `steps.not.toHaveRun('apologise')`. */
export function describeCheck(check: Check): string {
  const subject = check.type.startsWith('step.') ? 'steps' : 'run'
  return `${subject}${check.not === true ? '.not' : ''}.${call(check)}`
}

function call(check: Check): string {
  switch (check.type) {
    case 'step.ran':
      return `toHaveRun(${quote(check.step)}${countText(check.atLeast, check.atMost)})`
    case 'step.succeeded':
      return `toHaveSucceeded(${quote(check.step)})`
    case 'step.order':
      return `toHaveOrder(${check.steps.map(quote).join(', ')}${check.strict ? ', { strict: true }' : ''})`
    case 'step.trajectory':
      return `toHaveTrajectory([${check.steps.map(quote).join(', ')}], ${quote(check.mode)})`
    case 'step.duration':
      return `toHaveFinishedWithin(${quote(check.step)}, ${quote(compact(check.atMostNs))})`
    case 'step.retries':
      return `toHaveRetriedAtMost(${quote(check.step)}, ${check.atMost})`
    case 'step.fallback':
      return `toHaveUsedFallback(${quote(check.step)})`
    case 'step.status':
      return `toHaveStatus(${quote(check.step)}, ${quote(check.status)})`
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
