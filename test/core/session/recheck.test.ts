// When a provider is to be asked again for a session, and which claims are to be answered for.
import t from 'tap'
import type { ApiKeySettings } from '../../../src/core/keys/api-key-settings.ts'
import { claimsInUse, recheckAt, unansweredAt } from '../../../src/core/session/recheck.ts'
import { apiKeySettings, selfService } from '../../runtime/keys/keys.ts'
import { loadRules } from '../../support/rules.ts'

/** Whoever signs in with acme may have keys. */
const apiKeys: ApiKeySettings = {
  ...apiKeySettings,
  selfService: {
    ...selfService,
    require: {
      kind: 'claim',
      path: 'tier',
      matcher: { tests: [], not: null, exists: true, text: 'there' },
    },
  },
}

const at = 1_790_000_000
const recheck = { everySeconds: 900, unansweredSeconds: 3600 }
const never = Number.POSITIVE_INFINITY

t.test('a provider is asked again when its last answer is as old as the file says', async (t) => {
  t.equal(recheckAt({ checkedAt: at }, recheck, at), at + 900)
  t.equal(recheckAt({ checkedAt: at }, recheck, at + 5000), at + 900)
  t.equal(recheckAt({ checkedAt: at }, null, at), never)
})

t.test('a session goes on without an answer for as long as the file says, else to its end', async (t) => {
  t.equal(unansweredAt({ checkedAt: at }, recheck, at + 900), at + 3600)
  t.equal(unansweredAt({ checkedAt: at }, { ...recheck, unansweredSeconds: null }, at), never)
  t.equal(unansweredAt({ checkedAt: at }, null, at), never)
})

t.test('an answer from a clock that was ahead is as old as can be', async (t) => {
  const now = at - 61
  t.equal(recheckAt({ checkedAt: at }, recheck, now), now)
  t.equal(unansweredAt({ checkedAt: at }, recheck, now), now)
  t.equal(recheckAt({ checkedAt: at }, recheck, at - 60), at + 900, 'clocks may differ by a minute')
})

t.test(
  'claims in use are those of rules and headers and the user id, and what an address hangs on',
  async (t) => {
    const used = (rule: string, userId = 'sub', name = 'op') => {
      const { gateway } = loadRules(rule)
      const [app] = gateway.apps
      return claimsInUse({ apps: app === undefined ? [] : [app] }, { name, userId }, apiKeys)
    }
    const groups = used('  require: { groups: admins }\n  identity_headers: { X-User: user }\n')
    t.same(groups, ['groups', 'sub'])
    const headers = '  require: { groups: admins }\n  identity_headers: { X-User: user }\n'
    t.same(used(headers, 'sub', 'acme'), ['groups', 'plan', 'sub', 'tier'], 'and what keys take over')
    const named = used('  require: signed_in\n  identity_headers: { X-Mail: email }\n', 'oid')
    t.same(named, ['email', 'email_verified', 'oid'])
  },
)
