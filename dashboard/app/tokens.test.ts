import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8')
const pairs = css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)
const tokens = new Map([...pairs].map(([, name, light, dark]) => [name, [light ?? '', dark ?? '']]))

const SURFACES = ['background', 'surface', 'raised', 'sunken', 'hover']

test.each(['border-control'])('%s stands out 3:1 in both themes', (name) => {
  for (const surface of SURFACES) expect(contrast(name, surface), `on ${surface}`).toBeGreaterThanOrEqual(3)
})

test.each(['text', 'text-2', 'text-3', 'accent', 'ok', 'error', 'warning', 'info'])(
  '%s can be read, 4.5:1 in both themes',
  (name) => {
    for (const surface of SURFACES)
      expect(contrast(name, surface), `on ${surface}`).toBeGreaterThanOrEqual(4.5)
  },
)

/** The lower contrast of both themes: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(name: string, surface: string): number {
  const ratios = [0, 1].map((theme) => {
    const [one, other] = [luminance(color(name, theme)), luminance(color(surface, theme))]
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
  })
  return Math.min(...ratios)
}

function color(token: string, theme: number): string {
  const value = tokens.get(token)?.[theme]
  if (!value) throw new Error(`expected --${token} with a colour for each theme in tokens.css`)
  return value
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
