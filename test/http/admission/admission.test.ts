import type { IncomingMessage } from 'node:http'
import t from 'tap'
import {
  type Admission,
  admissionIfAny,
  admissionOf,
  carryAdmission,
} from '../../../src/http/admission/admission.ts'

t.test('a request carries its admission; without one it passes no place that needs it', async (t) => {
  const [one, other] = [{} as IncomingMessage, {} as IncomingMessage]
  const admission = { requestId: 'request-7' } as Admission
  t.equal(admissionIfAny(one), null)
  t.throws(() => admissionOf(one), { message: 'a request reached this place without passing the gate' })
  carryAdmission(one, admission)
  t.equal(admissionIfAny(one), admission)
  t.equal(admissionOf(one), admission)
  t.equal(admissionIfAny(other), null)
})
