import type { Interval } from '@weir/store/compare'

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** An interval of what `format` writes: "0.4 to 0.8". */
export function range({ low, high }: Interval, format: (value: number) => string): string {
  return `${format(low)} to ${format(high)}`
}

export function score(value: number): string {
  return value.toFixed(3)
}

/** US dollars: four digits of cents where it is less than ten. */
export function dollars(value: number): string {
  return `$${value.toFixed(value < 0.1 ? 4 : 2)}`
}
