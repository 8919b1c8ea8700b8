// A parameter that is absent or '' means any name; "~" is the name without a character, and names of nothing but "~" have one more.

/** A name as the parameter of a URL. */
export function nameParameter(name: string): string {
  return /^~*$/.test(name) ? `~${name}` : name
}

/** The name that a parameter stands for; undefined for any. */
export function parameterName(parameter: string): string | undefined {
  if (parameter === '') return undefined
  return /^~+$/.test(parameter) ? parameter.slice(1) : parameter
}
