import type { Page } from 'playwright-core'

/** Row of a table by its first cell: the text of each cell by its column. */
export async function readRow(page: Page, table: string, name: string): Promise<Record<string, string>> {
  const found = page.getByRole('table', { name: table, exact: true })
  const columns = await found.getByRole('columnheader').allInnerTexts()
  const row = found.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
  const cells = await row.locator('th, td').allInnerTexts()
  return Object.fromEntries(columns.map((column, i) => [column.trim(), (cells[i] ?? '').trim()]))
}

/** The value of a tile above a page. */
export async function readTile(page: Page, label: string): Promise<string> {
  const term = page.locator('dt').getByText(label, { exact: true })
  const value = page.locator('dl > div').filter({ has: term }).locator('dd > span').first()
  return (await value.textContent()) ?? ''
}

/** The note under the title of a panel. */
export async function readNote(page: Page, title: string): Promise<string> {
  const note = page.getByRole('region', { name: title, exact: true }).locator('h2 + p')
  return (await note.textContent()) ?? ''
}
