import { answerWords } from './answer-codes.ts'
import { certificateWords } from './certificate-codes.ts'
import type { ConnectionFailure, ConnectionPhase } from './facts.ts'
import { networkWords } from './network-codes.ts'
import { tlsWords } from './tls-codes.ts'

/**
 * What happened, and what helps, in words; the code stands behind them in brackets. Of a code that nobody knows the
 * words say how far the connection had come. Holds nothing of what was sent or received but the dates and names of the
 * certificate.
 */
export function failureText(failure: ConnectionFailure): string {
  const words =
    certificateWords(failure) ?? tlsWords(failure) ?? networkWords(failure) ?? answerWords(failure.code)
  return `${words ?? `the connection failed ${phaseText(failure.phase)}`} (${cleanCode(failure.code)})`
}

/** Where in the life of a connection. */
function phaseText(phase: ConnectionPhase): string {
  switch (phase) {
    case 'connecting':
      return 'while it was being made'
    case 'securing':
      return 'in the TLS handshake'
    case 'asking':
      return 'before anything of an answer came'
    case 'answering':
      return 'in the midst of the answer'
  }
}

/** Codes are capitals, digits and `_`; whatever else calls itself one is cut and cleaned. */
function cleanCode(code: string): string {
  return code.replaceAll(/[^\w.-]/g, '?').slice(0, 80) || 'no code'
}
