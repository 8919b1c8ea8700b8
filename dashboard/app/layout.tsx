import '@fontsource-variable/geist/index.css'
import '@fontsource-variable/geist-mono/index.css'
import './tokens.css'
import './base.css'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactElement, ReactNode } from 'react'
import { SearchShortcut } from '#components/form/search-shortcut.tsx'
import { Icon } from '#components/frame/icon.tsx'
import { Navigation } from '#components/frame/navigation.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { parseTheme, THEME_COOKIE } from '#components/frame/theme.ts'
import { ThemeToggle } from '#components/frame/theme-toggle.tsx'
import styles from './layout.module.css'

export const metadata: Metadata = {
  title: { template: '%s · Weir', default: 'Weir' },
  description: 'Observability and evaluation for flows',
}

export const viewport: Viewport = { colorScheme: 'light dark' }

// Everything shown is read when it is asked for; nothing is read at build.
export const dynamic = 'force-dynamic'

export default async function Layout({ children }: { readonly children: ReactNode }): Promise<ReactElement> {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value)
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} suppressHydrationWarning>
      <body>
        <a className={`button ${styles.skip}`} href="#content">
          Skip to content
        </a>
        <div className={styles.frame}>
          <header className={styles.side}>
            <TextLink className={styles.brand} href="/">
              <Icon name="weir" size={22} />
              Weir
            </TextLink>
            <Navigation />
            <div className={styles.foot}>
              <ThemeToggle initial={theme} />
            </div>
          </header>
          <main id="content" tabIndex={-1} className={styles.main}>
            <div className={styles.content}>{children}</div>
          </main>
        </div>
        <SearchShortcut />
      </body>
    </html>
  )
}
