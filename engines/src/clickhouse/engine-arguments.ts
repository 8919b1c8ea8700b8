/** Server configuration that has to be there when the engine starts. */
export function engineArguments(_path: string): string[] {
  return []
}
