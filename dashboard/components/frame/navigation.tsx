'use client'

import { usePathname } from 'next/navigation'
import type { ReactElement } from 'react'
import styles from '#app/layout.module.css'
import { Icon, type IconName } from './icon.tsx'
import { TextLink } from './text-link.tsx'

const ITEMS: readonly { href: string; label: string; icon: IconName; also?: string }[] = [
  { href: '/', label: 'Overview', icon: 'overview', also: '/flows' },
  { href: '/served', label: 'Served flows', icon: 'flow' },
  { href: '/runs', label: 'Runs', icon: 'runs', also: '/sessions' },
  { href: '/compare', label: 'Compare', icon: 'compare' },
  { href: '/evaluations', label: 'Evaluations', icon: 'evaluation', also: '/experiments' },
  { href: '/datasets', label: 'Datasets', icon: 'dataset' },
  { href: '/monitors', label: 'Monitors', icon: 'monitor' },
  { href: '/settings', label: 'Settings', icon: 'settings' },
]

export function Navigation(): ReactElement {
  const pathname = usePathname()
  return (
    <nav aria-label="Main">
      <ul className={styles.links}>
        {ITEMS.map(({ href, label, icon, also }) => (
          <li key={href}>
            <TextLink
              className={styles.link}
              href={href}
              aria-current={within(pathname, href) || (also && within(pathname, also)) ? 'page' : undefined}
            >
              <Icon name={icon} />
              {label}
            </TextLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function within(pathname: string, href: string): boolean {
  return pathname === href || (href !== '/' && pathname.startsWith(`${href}/`))
}
