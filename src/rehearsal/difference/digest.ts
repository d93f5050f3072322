import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'

const shownDigits = 8

/** Of this run alone: a difference that somebody keeps is nothing against which a weak password can be tried. */
const runKey = randomBytes(32)

/** Enough to see that it is another one, within one run. */
export function secretText(secret: Secret): string {
  const digest = createHmac('sha256', runKey).update(secret.reveal()).digest('hex')
  return `(secret ${digest.slice(0, shownDigits)})`
}

/** The same of what a file holds, which is no secret: in whatever run. */
export function fileText(content: string): string {
  const digest = createHash('sha256').update(`claimgate diff\n${content}`).digest('hex')
  return `(file ${digest.slice(0, shownDigits)})`
}
