import { z } from 'zod'
import { pem } from './values.ts'

/** What the gateway shows of itself: to browsers, to the operator's tools, or to a provider. */
export const keyPair = z.strictObject({
  certificate: pem.describe('The certificate, with its chain.'),
  key: pem.describe('Its private key.'),
})
