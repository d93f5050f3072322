import type { Gateway } from '../core/gateway.ts'
import { signingText } from '../core/signing-text.ts'

/** An app that is asked by signed requests, and how. */
interface SignedApp {
  readonly app: string
  readonly reached: string
}

export function signedAppsOf({ apps }: Gateway): readonly SignedApp[] {
  return apps.flatMap(({ name, upstream }) => {
    const reached = signingText(upstream)
    return reached === null ? [] : [{ app: name, reached }]
  })
}

const mostShown = 10

/** A line for each; nothing where no app is one. */
export function signedAppsText(signed: readonly SignedApp[]): string {
  const lines = signed.slice(0, mostShown).map(({ app, reached }) => `reached: ${app}, ${reached}\n`)
  const more = signed.length - lines.length
  return [...lines, more > 0 ? `reached: ${more} more apps by signed requests\n` : ''].join('')
}
