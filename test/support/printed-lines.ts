import type { ContractCaller } from './contract-caller.ts'

const query = 'query($id: String!) { deploymentLogs(deploymentId: $id, limit: 5000) { timestamp message severity } }'

export interface PrintedLine {
  timestamp: string
  message: string
  severity: string
}

/** The newest rows that a deployment's containers have printed. */
export async function printedLines(caller: ContractCaller, deploymentId: string): Promise<PrintedLine[]> {
  return (await caller.read('deploymentLogs', query, { id: deploymentId })) as PrintedLine[]
}

export async function printed(caller: ContractCaller, deploymentId: string): Promise<string[]> {
  return (await printedLines(caller, deploymentId)).map(({ message }) => message)
}
