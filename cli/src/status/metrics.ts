/** Samples of a page in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats). */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const TIMEOUT_MS = 5_000
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Undefined if nothing answers there. */
export async function fetchMetrics(baseUrl: string): Promise<Sample[] | undefined> {
  try {
    const response = await fetch(`${baseUrl}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.ok ? parseMetrics(await response.text()) : undefined
  } catch {
    return undefined
  }
}

export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line): Sample[] => {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, unescaped(text)])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}

/** The value of a metric, undefined where there is no sample of it. */
export function sampleValue(samples: readonly Sample[], name: string): number | undefined {
  return samples.find((sample) => sample.name === name)?.value
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}
