import type { ResponseHeaders } from '../core/headers/form.ts'
import { type Check, foundAtKey } from './check.ts'
import { type Subject, whereOfLocation } from './subject.ts'

/** What answers say to browsers. */
export const answerChecks: readonly Check[] = [
  {
    id: 'answer-less-protected',
    severity: 'warning',
    finds: 'Answers whose protection is taken off',
    why: 'An app sends `Content-Security-Policy`, `X-Frame-Options`, `X-Content-Type-Options` or `Strict-Transport-Security` because it needs them. Without them, its pages run foreign scripts, appear in foreign frames, or are asked for by http again. `Strict-Transport-Security: max-age=0` removes the protection in every browser that sees it.',
    fix: 'Do not remove the header; set what should stand in its place. For `X-Frame-Options` that is a `Content-Security-Policy` with `frame-ancestors`. If it must go, say why in a comment.',
    example: 'response_headers: { remove: [X-Frame-Options] }',
    find: (subject) =>
      writtenChanges(subject).flatMap(({ change, path }) =>
        takenOff(change).map((name) =>
          foundAtKey(subject, path, `${name} protects people, and is taken off`),
        ),
      ),
  },
]

const protecting: ReadonlyMap<string, string> = new Map(
  [
    'Content-Security-Policy',
    'X-Frame-Options',
    'X-Content-Type-Options',
    'Strict-Transport-Security',
    'Cross-Origin-Opener-Policy',
    'Cross-Origin-Resource-Policy',
  ].map((name) => [name.toLowerCase(), name]),
)

function takenOff({ set, remove }: ResponseHeaders): readonly string[] {
  const policy = set.find(({ name }) => name.toLowerCase() === 'content-security-policy')?.value ?? ''
  const framed = /(?:^|;)\s*frame-ancestors\s/i.test(policy)
  const removed = remove.filter((name) => !(name === 'x-frame-options' && framed))
  const undone = set
    .filter(
      ({ name, value }) =>
        name.toLowerCase() === hsts && /(?:^|;)\s*max-age\s*=\s*"?0+"?\s*(?:;|$)/i.test(value),
    )
    .map(({ name }) => name.toLowerCase())
  return [...removed, ...undone].flatMap((name) => protecting.get(name) ?? [])
}

const hsts = 'strict-transport-security'

function writtenChanges(subject: Subject) {
  return subject.gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const change = location.forwarding.responseHeaders
      const path = whereOfLocation(subject, app.name, location, 'response_headers')
      return change === undefined || path === null ? [] : [{ change, path }]
    }),
  )
}
