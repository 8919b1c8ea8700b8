import type { Side, Window } from './side.ts'

/** Writes a side so that `parseSide` reads the same side again. */
export function formatSide(side: Side): string {
  const { window, version, environment, service, source } = side
  const pairs = new Map<string, string | undefined>([[side.kind, undefined]])
  if (side.kind === 'experiment') pairs.set('experiment', side.experimentId)
  if (side.kind === 'baseline') pairs.set('baseline', side.name).set('evaluation', side.evaluation)
  pairs.set('version', version).set('environment', environment).set('service', service).set('source', source)
  if (window) pairs.set('window', `${window.from.toISOString()}..${window.to.toISOString()}`)
  return [...pairs]
    .flatMap(([key, value]) => (value === undefined ? [] : `${key}=${quoted(value)}`))
    .join(',')
}

/** What would not be read as it stands, because of a comma or of its ends, is written as a JSON string. */
function quoted(value: string): string {
  return value === '' || /^[\s"]|,|\s$/.test(value) ? JSON.stringify(value) : value
}

/** A side in words, without its restrictions: "version 2", "experiment 1f3a". */
export function describeSide(side: Side): string {
  switch (side.kind) {
    case 'version':
      return `version ${side.version || '(none)'}`
    case 'environment':
      return `environment ${side.environment || '(none)'}`
    case 'window':
      return `runs from ${describeWindow(side.window)}`
    case 'experiment':
      return `experiment ${side.experimentId}`
    case 'baseline':
      return `baseline ${side.name}`
  }
}

/** To the minute, in UTC. */
export function describeWindow({ from, to }: Window): string {
  const text = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')}`
  return `${text(from)} to ${text(to)} UTC`
}
