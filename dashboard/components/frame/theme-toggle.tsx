'use client'

import { type ReactElement, useState } from 'react'
import { Icon } from './icon.tsx'
import { THEME_COOKIE, THEMES, type Theme } from './theme.ts'
import styles from './theme-toggle.module.css'

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const

/** Chooses light, dark or the system's scheme; a cookie keeps it, so that the server renders it without a flash. */
export function ThemeToggle({ initial }: { readonly initial: Theme }): ReactElement {
  const [theme, setTheme] = useState(initial)
  const choose = (next: Theme) => {
    setTheme(next)
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https, a dashboard on a LAN has none
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=31536000; samesite=lax`
  }
  return (
    <fieldset className={styles.group}>
      <legend className="hidden-text">Theme</legend>
      {THEMES.map((value) => (
        <label key={value} className={styles.option} title={`${value} theme`}>
          <input
            type="radio"
            name="theme"
            value={value}
            checked={theme === value}
            onChange={() => choose(value)}
            className={styles.radio}
          />
          <Icon name={ICONS[value]} size={14} />
          <span className="hidden-text">{value}</span>
        </label>
      ))}
    </fieldset>
  )
}
