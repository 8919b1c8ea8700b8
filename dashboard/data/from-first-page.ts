import { CursorError } from '@weir/store/pages'
import { redirect } from 'next/navigation'

/** Reads a page; where its cursor was cut short by whoever passed the address on, begins again at `first`. */
export async function fromFirstPage<T>(page: Promise<T>, first: string): Promise<T> {
  try {
    return await page
  } catch (error) {
    if (error instanceof CursorError) redirect(first)
    throw error
  }
}
