import type { ClientCertificateSettings } from '../../core/certificate/settings.ts'
import type {
  ExchangeClient,
  ExchangeSettings,
  PairExchange,
} from '../../core/credential/exchange-settings.ts'
import { fileText, secretText } from './digest.ts'
import { amount, type Fact, permission } from './fact.ts'

type Named = Readonly<Record<string, string | Fact | null>>

/** Which pairs and refresh tokens of a provider count. */
export function exchangeFacts(exchange: ExchangeSettings | null): Named {
  if (exchange === null) return {}
  const { pair, refreshToken, cacheSeconds } = exchange
  return {
    'exchange.pairs': permission(pair !== null),
    ...(pair === null ? {} : { ...pairFacts(pair), 'exchange.cache': amount(cacheSeconds, 's') }),
    'exchange.refresh_token': permission(refreshToken !== null),
    ...(refreshToken === null ? {} : clientFacts('exchange.refresh_token', refreshToken)),
  }
}

function pairFacts(pair: PairExchange): Named {
  switch (pair.kind) {
    case 'client_credentials':
      return {
        'exchange.of': pair.kind,
        'exchange.client_credentials.scopes': pair.scopes.join(' ') || 'none',
        'exchange.client_credentials.audience': pair.audience,
      }
    case 'cognito_password':
      return { 'exchange.of': pair.kind, ...clientFacts('exchange.cognito_password', pair) }
  }
}

function clientFacts(at: string, { clientId, clientSecret }: ExchangeClient): Named {
  return {
    [`${at}.client_id`]: clientId,
    [`${at}.client_secret`]: clientSecret && secretText(clientSecret),
  }
}

/** Whose client certificates count, and as whom. */
export function clientCertificateFacts(settings: ClientCertificateSettings | null): Named {
  if (settings === null) return {}
  const { authorities, userId, userIdPrefix } = settings
  return {
    'client_certificates.user_id': userId,
    'client_certificates.user_id_prefix': userIdPrefix,
    ...Object.fromEntries(
      authorities.flatMap(({ name, ca, crl }) => [
        [`client_certificates ${name}`, fileText(ca)],
        [`client_certificates ${name}.crl_file`, crl && fileText(crl)],
      ]),
    ),
  }
}
