import type { AwsCredentialEvent } from '../../core/aws-credential-event.ts'
import type { App } from '../../core/gateway.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './answer.ts'
import { credentialsCure } from './refusals.ts'

type Failed = Extract<UpstreamAnswer, { kind: 'failed' }>

/** Whether a request was not even sent, as there was nothing to sign it with. */
export function isWithoutCredentials(answer: UpstreamAnswer | null): answer is Failed {
  return answer?.kind === 'failed' && answer.fault.code === 'AWS_CREDENTIALS_UNAVAILABLE'
}

/** Whose credentials sign, and until when, or where they were looked for. Nothing where requests are not signed. */
export function credentialsFindings(
  say: FindingsOf,
  app: App,
  events: readonly AwsCredentialEvent[],
  answers: readonly (UpstreamAnswer | null)[],
): readonly Finding[] {
  const { aws } = app.upstream
  if (aws === null) return []
  const without = answers.find(isWithoutCredentials)
  if (without !== undefined)
    return [say.failed('credentials', words(app, without), credentialsCure(app, without.fault))]
  const fetched = events.find(({ kind }) => kind === 'fetched')
  if (fetched?.kind === 'fetched') return [fetchedFinding(say, fetched)]
  const { given } = aws.credentials
  if (given === null) return []
  // Those of the file are fetched nowhere.
  const saw = `access key ${given.accessKeyId} of the file signs`
  return given.sessionToken === null
    ? [say.ok('credentials', saw)]
    : [say.warning('credentials', `${saw}, which is temporary, and nobody renews it`, lastingCure)]
}

/** Of the credentials alone: nobody was asked at the app's address. */
function words(app: App, { fault }: Failed): string {
  const place = `${upstreamPlace(app.name, app.upstream)}: `
  const { message } = fault
  return (message.startsWith(place) ? message.slice(place.length) : message).replace(/\.$/, '')
}

function signer(whose: string): string {
  return whose === 'this process' ? 'what AWS gives this process' : whose
}

/** An hour or a few, and then all requests are refused. */
const lastingCure =
  'Give this machine, task or pod a role, or the gateway a profile: those are renewed. Keys with a session token that somebody wrote down end after some hours.'

function fetchedFinding(
  say: FindingsOf,
  { whose, accessKeyId, isTemporary, endsAtMs }: Extract<AwsCredentialEvent, { kind: 'fetched' }>,
): Finding {
  const saw = `${signer(whose)} signs, access key ${accessKeyId}`
  if (endsAtMs !== null) {
    const end = new Date(endsAtMs).toISOString().slice(0, 16).replace('T', ' ')
    return say.ok('credentials', `${saw}, until ${end} UTC, renewed before`)
  }
  return isTemporary
    ? say.warning('credentials', `${saw}, which is temporary, and nobody says until when`, lastingCure)
    : say.ok('credentials', `${saw}, which does not end`)
}
