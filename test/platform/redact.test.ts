import { describe, expect, it } from 'vitest'
import { redact, valuesIn } from '../../src/platform/redact.ts'

describe('redact', () => {
  it('takes out every occurrence, the longer secret before the one inside it', () => {
    expect(redact('a hunter22 b hunter22-long c hunter22', ['hunter22', 'hunter22-long'])).toBe(
      'a [secret] b [secret] c [secret]',
    )
  })

  it('knows a secret escaped for JSON', () => {
    const secret = 'line one\nline "two"'
    expect(redact(`invalid: ${JSON.stringify({ value: secret })} and ${secret}`, [secret])).toBe(
      'invalid: {"value":"[secret]"} and [secret]',
    )
  })

  it('leaves short words readable, and an empty secret alone', () => {
    expect(redact('true and false', ['true', ''])).toBe('true and false')
  })
})

describe('valuesIn', () => {
  it('finds every variable of every service and the shared ones', () => {
    const config = {
      services: {
        s1: { variables: { A: { value: 'one' }, B: null, C: {}, D: { value: null } } },
        s2: null,
        s3: { deploy: { startCommand: 'no variable' } },
      },
      sharedVariables: { E: { value: 'five' } },
    }
    expect(valuesIn(config)).toEqual(['five', 'one'])
    expect(valuesIn({})).toEqual([])
  })
})
