import type { Catalogue } from './catalogue.ts'

const notNow = 'Das ist gerade nicht verfügbar.'
const logoutRefused = 'Dieses Logout-Token wird nicht angenommen.'
const notCompleted = 'Diese Anmeldung konnte nicht abgeschlossen werden.'
const providerAway = 'Der Anmeldedienst ist nicht erreichbar.'
const appAway = 'Die Anwendung ist nicht erreichbar.'

/** What pages say of faults, in German. */
export const germanFaults = {
  'fault.CONFIG_INVALID': 'Etwas ist schiefgegangen.',
  'fault.LOGIN_STATE_UNKNOWN': 'Diese Anmeldung gilt nicht mehr.',
  'fault.LOGIN_RESPONSE_INVALID': notCompleted,
  'fault.LOGIN_ISSUER_MISMATCH': notCompleted,
  'fault.LOGIN_CANCELLED': 'Die Anmeldung wurde abgebrochen oder abgelehnt.',
  'fault.LOGIN_REFUSED': 'Die Anmeldung wurde abgebrochen oder abgelehnt.',
  'fault.LOGIN_UNAVAILABLE': providerAway,
  'fault.LOGIN_UNFINISHED': 'Die Anmeldung wurde nicht abgeschlossen.',
  'fault.LOGIN_CODE_REFUSED': notCompleted,
  'fault.LOGIN_CLOCK_DIFFERS': notCompleted,
  'fault.LOGIN_TOKEN_INVALID': notCompleted,
  'fault.LOGIN_USERINFO_INVALID': notCompleted,
  'fault.LOGIN_USER_ID_INVALID': 'Ihr Konto lässt sich hier nicht verwenden.',
  'fault.LOGIN_FAILURES_LIMITED': 'Zu viele Anmeldungen sind fehlgeschlagen.',
  'fault.LOGIN_CLAIMS_TOO_LARGE': 'Ihr Konto lässt sich hier nicht verwenden.',
  'fault.LOGIN_STEP_UP_NOT_MET': 'Ihre Anmeldung reicht für diese Seite nicht aus.',
  'fault.LOGIN_OTHER_ACCOUNT': 'Das war ein anderes Konto.',
  'fault.LOGIN_LOOP': 'Sie waren angemeldet, aber die Anmeldung bleibt nicht erhalten.',
  'fault.LOGOUT_REQUEST_INVALID': 'Diese Abmeldung ist nicht lesbar.',
  'fault.LOGOUT_TOKEN_INVALID': logoutRefused,
  'fault.LOGOUT_SIGNATURE_INVALID': logoutRefused,
  'fault.LOGOUT_CLOCK_DIFFERS': logoutRefused,
  'fault.LOGOUT_TOKEN_USED': 'Dieses Logout-Token wurde schon verwendet.',
  'fault.LOGOUT_KEY_UNKNOWN': notNow,
  'fault.LOGOUT_LIMITED': 'Es kamen zu viele Abmeldungen auf einmal.',
  'fault.PROVIDER_UNREACHABLE': providerAway,
  'fault.PROVIDER_BUSY': 'Der Anmeldedienst ist überlastet.',
  'fault.PROVIDER_RESPONSE_INVALID': providerAway,
  'fault.PROVIDER_CLIENT_REFUSED': providerAway,
  'fault.PROVIDER_KEYS_INVALID': providerAway,
  'fault.UPSTREAM_UNREACHABLE': appAway,
  'fault.UPSTREAM_TLS': appAway,
  'fault.UPSTREAM_RESPONSE_INVALID': appAway,
  'fault.UPSTREAM_TIMEOUT': 'Die Anwendung hat zu lange für eine Antwort gebraucht.',
  'fault.UPSTREAM_ABORTED': appAway,
  'fault.UPSTREAM_BUSY': 'Die Anwendung hat gerade zu viel zu tun.',
  'fault.UPSTREAM_REFUSED_US': appAway,
  'fault.UPSTREAM_PATH_UNKNOWN': 'Diese Seite gibt es nicht.',
  'fault.UPSTREAM_FUNCTION_FAILED': appAway,
  'fault.AWS_CREDENTIALS_UNAVAILABLE': appAway,
  'fault.HELD_BODIES_FULL': 'Es wird gerade zu viel hochgeladen.',
  'fault.REQUEST_BODY_TOO_LARGE': 'Die Anfrage ist zu groß.',
  'fault.REQUEST_BODY_STALLED': 'Die Anfrage wurde nicht bis zum Ende gesendet.',
  'fault.ANSWER_STALLED': 'Die Antwort wurde nicht bis zum Ende gelesen.',
  'fault.STORE_UNAVAILABLE': notNow,
  'fault.STORE_FULL': notNow,
  'fault.STORE_UNCONFIRMED': notNow,
  'fault.STORE_INVALID': notNow,
} as const satisfies Partial<Catalogue>
