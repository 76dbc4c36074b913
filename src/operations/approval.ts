import type { Plan } from '../plan/plan.ts'

/** What a person, or `--yes`, is asked to agree to. */
export interface ApprovalRequest {
  /** `deploy to staging`, `set up staging and production` */
  what: string
  /** The environments that will change, with what is known of them. */
  environments: { name: string; isProtected: boolean }[]
  plans: Plan[]
}

/**
 * Resolves with who agreed, or with `dry-run`: then the operation ends here, having changed nothing. Throws an OperatorError when
 * somebody declined, or nobody could be asked.
 */
export type Approve = (request: ApprovalRequest) => Promise<'option' | 'person' | 'dry-run'>
