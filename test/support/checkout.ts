// A checkout of a reader's own, in which a test types what a page says: the real one stays as it is.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './examples.ts'

export interface Checkout {
  readonly folder: string
  /** npm and the scripts run on the Node of the checkout. */
  readonly env: Readonly<Record<string, string>>
  remove(): void
}

/** The sources as they are now, with the packages of this checkout. */
export function copyCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-checkout-'))
  for (const name of ['bin', 'src', 'config', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    env: { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: folder },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
