import t from 'tap'
import { headersOfCaller } from '../../../src/core/credential/headers-of-caller.ts'

t.test('an answer varies by all by which somebody is known there', async (t) => {
  const keys = { prefixes: ['cg'], header: 'X-Api-Key' }
  t.same(headersOfCaller(['session'], keys), ['Cookie'])
  t.same(headersOfCaller(['session', 'bearer'], keys), ['Cookie', 'Authorization'])
  t.same(headersOfCaller(['api_key'], keys), ['Authorization', 'X-Api-Key'])
  t.same(headersOfCaller(['widget'], keys), ['Authorization', 'X-Api-Key', 'Origin'])
})
