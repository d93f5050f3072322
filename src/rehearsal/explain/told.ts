import { assertionContent } from '../../core/assertion/assertion.ts'
import { authorizerMember, authorizerOf } from '../../core/authorizer.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import { showOwn } from '../../core/show.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'

/** What an app is told of somebody beside headers. */
export interface Told {
  /** Of an app that is a function; null: it is none, or gets nothing. */
  readonly authorizer: ToldAuthorizer | null
  /** Of an app that verifies; null: it does not, or gets nothing. */
  readonly assertion: ToldAssertion | null
}

export interface ToldAuthorizer {
  /** The format of the event. */
  readonly payload: '1.0' | '2.0'
  /** `requestContext.authorizer`, as it stands there; null: nobody is known, and it is absent. */
  readonly value: ReturnType<typeof authorizerMember> | null
}

export interface ToldAssertion {
  readonly header: string
  /** Its claims but for the times; null: nobody is known, and there is none. */
  readonly claims: JsonObject | null
}

/** Of an app that gets nothing. */
export const toldNothing: Told = { authorizer: null, assertion: null }

/** What the app of a request that is let in is told, by the functions that make events and assertions. */
export function toldOf({
  admission,
  upstreamHeaders,
}: Pick<ProbeResult, 'admission' | 'upstreamHeaders'>): Told {
  const { app, location, principal } = admission
  if (app === null || location === null || upstreamHeaders === null) return toldNothing
  const { upstream, identityAssertion } = app
  const authorizer = principal && authorizerOf(principal, location.forwarding)
  const content = principal && identityAssertion && assertionContent(principal, identityAssertion)
  const claims = content?.ok ? readJsonObject(content.json) : null
  return {
    authorizer: upstream.lambda && {
      payload: upstream.lambda.payload,
      value: authorizer && authorizerMember(upstream.lambda.payload, authorizer),
    },
    assertion: identityAssertion && {
      header: identityAssertion.header,
      claims,
    },
  }
}

/** One of them for people: what it is called, and each member with its value. */
export interface ToldSection {
  readonly title: string
  /** Empty: nobody is known, and there is none. */
  readonly rows: readonly (readonly [name: string, value: string])[]
}

export function toldSections({ authorizer, assertion }: Told): readonly ToldSection[] {
  const sections: ToldSection[] = []
  if (authorizer !== null)
    sections.push({
      title: `requestContext.authorizer of the function’s event (payload ${authorizer.payload})`,
      rows: authorizerRows(authorizer.value ?? {}),
    })
  if (assertion !== null)
    sections.push({
      title: `Claims of the assertion in ${assertion.header}`,
      rows: Object.entries(assertion.claims ?? {}).map(([name, value]) => [name, textOf(value)]),
    })
  return sections
}

/** `claims` and `jwt.claims`: each claim on a line of its own. */
function authorizerRows(members: object, above = ''): ToldSection['rows'] {
  return Object.entries(members).flatMap(([name, value]: [string, unknown]): ToldSection['rows'] =>
    typeof value === 'object' && value !== null
      ? authorizerRows(value, `${above}${name}.`)
      : [[`${above}${showOwn(name, 200)}`, textOf(value)]],
  )
}

function textOf(value: unknown): string {
  return showOwn(typeof value === 'string' ? value : JSON.stringify(value), 2000)
}
