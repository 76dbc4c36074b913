import type { Plan } from '../../src/plan/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import {
  aDesiredService,
  aDesiredState,
  anObservedService,
  anObservedState,
  aPlanSituation,
  observedVariables,
  texts,
} from '../support/builders.ts'

/** Planning so many services with so many variables each, a tenth of which differ. */
export function planOfSize(services: number, variables: number): () => Plan {
  const names = Array.from({ length: services }, (_, index) => `service-${index}`)
  const values = (changed: string) =>
    Object.fromEntries(
      Array.from({ length: variables }, (_, index) => [`NAME_${index}`, index % 10 === 0 ? changed : `value ${index}`]),
    )
  const situation = aPlanSituation({
    desired: aDesiredState({
      services: names.map((name) => aDesiredService(name, { variables: texts(values('wanted')) })),
    }),
    observed: anObservedState({
      services: names.map((name) => anObservedService(name, { variables: observedVariables(values('found')) })),
    }),
  })
  return () => planChanges(situation)
}
