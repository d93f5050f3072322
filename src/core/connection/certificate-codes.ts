import { limits } from '../limits/table.ts'
import type { ConnectionFailure, ShownCertificate } from './facts.ts'

/**
 * Why a certificate was not accepted, by OpenSSL's result (X509_V_ERR_… without the prefix) or Node's own code, and what
 * would be right. Null: it is another code.
 */
export function certificateWords({ code, certificate, caKey }: ConnectionFailure): string | null {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return certificate?.hasEnded !== true
        ? 'a certificate that it shows has ended: it needs a new one'
        : `its certificate ended on ${day(certificate.validTo)}: it needs a new one`
    case 'CERT_NOT_YET_VALID':
      return certificate === null
        ? 'a certificate that it shows holds only later: see its date, and the clock of this machine'
        : `its certificate holds from ${day(certificate.validFrom)} on: see that date, and the clock of this machine`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `its certificate is for ${namesOf(certificate)}, and not for the host of this address: write that name in the address, or give it a certificate for this one`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `its certificate is signed by itself: name it in \`${caKey}\` if it is the right one`
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_UNTRUSTED':
      return `its certificate is of an authority that is not known here: name that one’s certificate in \`${caKey}\``
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its certificate is of an authority that is not known here, or it leaves out the certificates between: name that authority in \`${caKey}\`, or let it send the whole chain`
    default: {
      const words = otherWords.get(code) ?? (/^(ERR_TLS_CERT|CERT_|UNABLE_TO_)/.test(code) ? '' : null)
      return words === null ? null : `its certificate was not accepted${words === '' ? '' : `: ${words}`}`
    }
  }
}

const otherWords: ReadonlyMap<string, string> = new Map([
  ['CERT_REVOKED', 'its authority has revoked it'],
  ['CERT_REJECTED', 'it is not meant for servers'],
  ['INVALID_PURPOSE', 'it is not meant for servers (extendedKeyUsage)'],
  ['INVALID_CA', 'the one that signed it is no authority'],
  ['PATH_LENGTH_EXCEEDED', 'there are more authorities above it than the first of them allows'],
  ['CERT_CHAIN_TOO_LONG', 'there are too many authorities above it'],
  ['CERT_SIGNATURE_FAILURE', 'its signature is wrong'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'its signature cannot be read'],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'the key of its authority cannot be read'],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'the day on which it begins cannot be read'],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', 'the day on which it ends cannot be read'],
  ['ERR_TLS_CERT_ALTNAME_FORMAT', 'the names in it cannot be read'],
  ['SUBJECT_ISSUER_MISMATCH', 'it does not fit its authority'],
  ['AKID_SKID_MISMATCH', 'it does not fit the key of its authority'],
  ['AKID_ISSUER_SERIAL_MISMATCH', 'it does not fit its authority'],
  ['KEYUSAGE_NO_CERTSIGN', 'the one that signed it may not sign'],
  ['UNABLE_TO_GET_CRL', 'the list of what its authority has revoked is missing'],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'the list of what its authority has revoked cannot be read'],
  ['CRL_SIGNATURE_FAILURE', 'the list of what its authority has revoked is signed wrongly'],
  ['CRL_NOT_YET_VALID', 'the list of what its authority has revoked holds only later'],
  ['CRL_HAS_EXPIRED', 'the list of what its authority has revoked is too old'],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'the list of what its authority has revoked has no date'],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'the list of what its authority has revoked has no date'],
  ['OUT_OF_MEM', 'there was no memory to look at it'],
])

/** As a day, in UTC; what is no date is said to be none. */
function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'a day that cannot be read' : date.toISOString().slice(0, 10)
}

/** Short, and nothing but what stands in names: whoever answers there has written them. */
function namesOf(certificate: ShownCertificate | null): string {
  const names = (certificate?.names ?? '').replaceAll(/\b(?:DNS|IP Address):/g, '')
  if (names === '') return certificate === null ? 'another name' : 'no name'
  const visible = names.replaceAll(/[^\w.*:, -]/g, '?')
  const most = limits.logCertificateNameCharacters
  return visible.length <= most ? visible : `${visible.slice(0, most)}…`
}
