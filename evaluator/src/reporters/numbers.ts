export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** US dollars: four digits of cents where it is less than ten. */
export function dollars(value: number): string {
  return `$${value.toFixed(value < 0.1 ? 4 : 2)}`
}
