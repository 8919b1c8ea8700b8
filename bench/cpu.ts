const ROUNDS = 9

/**
 * Microseconds of this process's CPU per unit that each of several pieces of work takes: the least of some rounds, in
 * which they take turns, so that what else the machine does disturbs all of them alike.
 * @param units how many units one call does
 */
export function costs<Name extends string>(
  works: Readonly<Record<Name, { readonly units: number; readonly run: () => void }>>,
  milliseconds = 60,
): Record<Name, number> {
  const names = Object.keys(works) as Name[]
  const least = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY])) as Record<
    Name,
    number
  >
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const { run, units } = works[name]
      const before = process.cpuUsage()
      const until = performance.now() + milliseconds
      let calls = 0
      for (; performance.now() < until; calls++) run()
      const { user, system } = process.cpuUsage(before)
      least[name] = Math.min(least[name], (user + system) / calls / units)
    }
  }
  return least
}
