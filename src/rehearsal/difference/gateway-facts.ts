import type { Gateway, Location } from '../../core/gateway.ts'
import type { PageSettings } from '../../core/pages/settings.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { signingKeysFact } from './assertion-facts.ts'
import { apiKeyFacts } from './credential-facts.ts'
import { fileText, secretText } from './digest.ts'
import { type Facts, named } from './fact.ts'
import { certificatesText, listenerFacts } from './listener-facts.ts'
import { clientCertificateFacts } from './machine-facts.ts'
import { storeFacts } from './store.ts'

/** What of the whole gateway people or apps notice. */
export function gatewayFacts({
  listeners,
  admin,
  workers,
  trustedProxies,
  trustsSocket,
  heldBodyBytes,
  authPrefix,
  session,
  log,
  pages,
  shadow,
  apiKeys,
  clientCertificates,
  signingKeys,
}: Gateway): Facts {
  return named({
    ...listenerFacts(listeners),
    admin: admin === null ? 'false' : 'an address',
    'admin.tls': admin && certificatesText(admin.tls),
    'admin.token': admin?.token ? secretText(admin.token) : null,
    workers: String(workers),
    trusted_proxies:
      [...(trustsSocket ? ['unix'] : []), ...trustedProxies.map(({ text }) => text)].join(' ') || 'none',
    auth_prefix: authPrefix,
    'aws.held_bodies': `${heldBodyBytes} bytes`,
    ...storeFacts(session.store, 'session.store'),
    'session.allow_insecure_redis': session.allowInsecureRedis ? 'true' : null,
    'session.during_outage': `${session.duringOutageSeconds}s`,
    'session.revoked_before': timeText(session.revokedBefore),
    'session.secret': session.secrets.map(secretText).join(' ') || null,
    'session.cookie_name': session.cookieName,
    'session.same_site': session.sameSite,
    'session.sign_in_timeout': `${session.signInTimeoutSeconds}s`,
    'log.level': log.level,
    'log.format': log.format,
    'log.subject': log.subject,
    'log.subject_key': log.subjectKey && secretText(log.subjectKey),
    ...apiKeyFacts(apiKeys),
    ...clientCertificateFacts(clientCertificates),
    signing_keys: signingKeysFact(signingKeys),
    ...pageFacts(pages),
    rehearsed: shadow && (shadow.file ?? shadow.rehearsed.map(rehearsedText).join(', ')),
  })
}

function timeText(at: EpochSeconds | null): string | null {
  return at === null ? null : new Date(at * 1000).toISOString().replace('.000', '')
}

function pageFacts({ logo, accent, language, catalogues }: PageSettings) {
  const colours = (['light', 'dark'] as const).map((scheme) => accent?.[scheme].accent)
  return {
    'pages.logo': logo && fileText(logo),
    'pages.accent': accent && colours.join(' '),
    'pages.language': language ?? 'auto',
    // Which of them an operator wrote the gateway does not know.
    'pages.texts': fileText(JSON.stringify([...catalogues])),
  }
}

function rehearsedText({ app, location }: { readonly app: string; readonly location: Location }): string {
  return `${app} ${location.label}`
}
