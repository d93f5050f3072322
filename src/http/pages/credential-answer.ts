import { html } from 'ghtml'
import { challengesFor } from '../../core/credential/challenge.ts'
import { isHeaderCredential } from '../../core/credential/credential.ts'
import { resourceMetadataUri } from '../../core/credential/protected-resource.ts'
import type { Challenge, Decision } from '../../core/decision.ts'
import type { RequestHeaders } from '../../core/request/navigation.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { stepUpChallenge } from '../../core/step-up-challenge.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer, withHeaders } from './answer.ts'
import { pageDocument } from './document.ts'

/** 401 where no sign-in would help: a token or a key is missing, or the one that came is not good. */
export function credentialNeeded(
  admission: Admission,
  challenge: Challenge,
  headers: RequestHeaders,
  now: EpochSeconds,
): Answer {
  const answer = admission.wantsPage
    ? pageAnswer(401, withoutSignInPage(admission))
    : problemAnswer(admission, 401, challenge.reason, {
        title: titleOf(challenge, admission),
      })
  const told = challengeText(admission, challenge, headers, now)
  // A browser is told nothing where `Basic` is all there is.
  return told === '' ? answer : withHeaders(answer, { 'www-authenticate': told })
}

function titleOf({ presented, stepUp }: Challenge, { location }: Admission): string {
  if (stepUp !== null) return 'A stronger or more recent sign-in is needed'
  if (presented !== undefined) return 'The token or key is not accepted'
  const takesHeaders = location?.credentials.some(isHeaderCredential) === true
  return takesHeaders ? 'A token or key is needed' : 'A client certificate is needed'
}

/** For a person: an address for programs, or one that a certificate of the browser would have opened. */
function withoutSignInPage(admission: Admission) {
  const frame = frameOf(admission)
  const { words } = frame.look
  const takesCertificates = admission.location?.credentials.includes('client_certificate') === true
  const kind = takesCertificates ? 'certificate' : 'programs'
  return pageDocument({
    ...frame,
    title: words[`${kind}.title`],
    gate: 'closed',
    content: html`<p>${words[`${kind}.text`]}</p>`,
  })
}

function challengeText(
  admission: Admission,
  { presented, stepUp }: Challenge,
  headers: RequestHeaders,
  now: EpochSeconds,
): string {
  // All that is wanted is told, and who asks is not told what of it the token has.
  const resourceMetadata = metadataOf(admission)
  if (stepUp !== null) {
    const asked = stepUpChallenge(stepUp, { claims: {}, scopes: [] }, now)
    const described = resourceMetadata === null ? '' : `, resource_metadata="${resourceMetadata}"`
    return `Bearer realm="claimgate", ${asked}${described}`
  }
  return challengesFor({
    credentials: admission.location?.credentials ?? [],
    error: presented === undefined ? null : 'invalid_token',
    scopes: [],
    resourceMetadata,
    isBrowser: isBrowser(headers),
  })
}

/**
 * What an answer of ours says beside the rest of it where tokens or keys are accepted: by which ways one is let in at a
 * 401 that offers a sign-in too, and what a token lacks at a 403 (RFC 6750 section 3.1).
 */
export function withChallenges(
  answer: Answer,
  admission: Pick<Admission, 'location' | 'header' | 'decision' | 'origin' | 'app'>,
  headers: RequestHeaders,
): Answer {
  const { location, header, decision } = admission
  const others = location?.credentials.filter(isHeaderCredential) ?? []
  if (others.length === 0) return answer
  const { 'www-authenticate': own } = answer.headers
  const told = { credentials: others, resourceMetadata: metadataOf(admission), isBrowser: isBrowser(headers) }
  if (answer.status === 401 && own?.startsWith('Cookie ')) {
    const more = challengesFor({ ...told, error: null, scopes: [] })
    return more === '' ? answer : withHeaders(answer, { 'www-authenticate': `${more}, ${own}` })
  }
  if (answer.status !== 403 || header?.credential !== 'bearer') return answer
  const lacking = challengesFor({
    ...told,
    ...{ credentials: ['bearer'], error: 'insufficient_scope', scopes: scopesOf(decision) },
  })
  return withHeaders(answer, { 'www-authenticate': lacking })
}

/** Where access tokens count it is said how one comes by them (RFC 9728 section 5.1). */
function metadataOf({
  location,
  origin,
  app,
}: Pick<Admission, 'location' | 'origin' | 'app'>): string | null {
  if (origin === null || app === null || location?.credentials.includes('bearer') !== true) return null
  return resourceMetadataUri(origin, app)
}

function scopesOf(decision: Decision): readonly string[] {
  return decision.kind === 'deny' ? (decision.scopes ?? []) : []
}

/** Fetch Metadata is sent by browsers alone, and no page can leave it out. */
function isBrowser(headers: RequestHeaders): boolean {
  return headers['sec-fetch-mode'] !== undefined
}
