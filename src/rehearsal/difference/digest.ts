import { createHash } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'

const shownDigits = 8

/** Enough to see that it is another one. */
export function secretText(secret: Secret): string {
  return `(secret ${digestOf(secret.reveal())})`
}

/** The same of what a file holds. */
export function fileText(content: string): string {
  return `(file ${digestOf(content)})`
}

function digestOf(text: string): string {
  return createHash('sha256').update(`claimgate diff\n${text}`).digest('hex').slice(0, shownDigits)
}
