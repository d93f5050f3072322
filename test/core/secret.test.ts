import { inspect } from 'node:util'
import t from 'tap'
import { Secret } from '../../src/core/secret.ts'

t.test('a secret prints as [secret] wherever it is written by accident', async (t) => {
  const secret = new Secret('hunter2')
  t.equal(`${secret}`, '[secret]')
  t.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
  t.notMatch(inspect({ secret }, { depth: 9, showHidden: true }), /hunter2/)
  t.equal(secret.reveal(), 'hunter2')
})
