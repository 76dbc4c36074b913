import { findingCodes } from '../finding-codes.ts'
import { type Rule, unknownName } from '../rule.ts'

/** A known issue that names no finding would hide nothing and explain nothing. */
export const knownIssues: Rule = ({ config }) =>
  (config.knownIssues ?? []).flatMap(({ finding }, index) => {
    const known: readonly string[] = findingCodes
    return known.includes(finding)
      ? []
      : [unknownName('unknown-finding', 'finding', finding, `knownIssues.${index}.finding`, [...known])]
  })
