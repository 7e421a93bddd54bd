import type { Statement } from './shard.ts';

const call = (name: string, parameters: number): string =>
  `ledger.${name}(${Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(', ')})`;

/** One call of a function of the ledger, with so many parameters. */
export const functionCall = (name: string, parameters: number): Statement => ({
  name,
  text: `SELECT * FROM ${call(name, parameters)}`,
});

/**
 * The same, answered with one value instead of a row of columns (see parseWritten). That takes less of both sides:
 * Postgres keeps no table of the answer, and describes one column.
 */
export const writtenCall = (name: string, parameters: number): Statement => ({
  name,
  text: `SELECT ${call(name, parameters)} AS written`,
});

/** One function call each: what they lock and in which order stands in the migrations. */
export const statements = {
  postOne: writtenCall('post_one', 16),
  postMany: functionCall('post_many', 17),
  applyRequest: functionCall('apply_request', 24),
  openAccount: functionCall('open_account', 14),
  changeAccount: functionCall('change_account', 9),
  patchMetadata: functionCall('patch_metadata', 10),
  readHolds: functionCall('read_holds', 5),
  dueHolds: functionCall('due_holds', 1),
  expireHold: functionCall('expire_hold', 5),
  bindKey: functionCall('bind_key', 6),
  createAsset: functionCall('create_asset', 3),
  readAssets: functionCall('read_assets', 3),
  readAccounts: functionCall('read_accounts', 5),
  readTransfers: functionCall('read_transfers', 5),
  readEntries: functionCall('read_entries', 5),
  balanceAsOf: functionCall('balance_as_of', 3),
  balanceEffectiveAt: functionCall('balance_effective_at', 3),
  trialBalance: functionCall('trial_balance', 3),
  createWebhookEndpoint: functionCall('create_webhook_endpoint', 13),
  changeWebhookEndpoint: functionCall('change_webhook_endpoint', 12),
  disableWebhookEndpoint: functionCall('disable_webhook_endpoint', 5),
  pingWebhookEndpoint: functionCall('ping_webhook_endpoint', 8),
  readWebhookEndpoints: functionCall('read_webhook_endpoints', 4),
  webhookSubscribers: functionCall('webhook_subscribers', 2),
  readWebhookTarget: functionCall('read_webhook_target', 2),
  readWebhookDeliveries: functionCall('read_webhook_deliveries', 4),
  replayWebhookDelivery: functionCall('replay_webhook_delivery', 8),
  takeWebhooks: functionCall('take_webhooks', 3),
  finishWebhook: functionCall('finish_webhook', 11),
  webhookLagMs: functionCall('webhook_lag_ms', 0),
  forgetWebhooks: functionCall('forget_webhooks', 1),
  createMonitor: functionCall('create_monitor', 12),
  deleteMonitor: functionCall('delete_monitor', 8),
  readMonitors: functionCall('read_monitors', 4),
  evaluateMonitors: functionCall('evaluate_monitors', 11),
  acceptIntake: functionCall('accept_intake', 16),
  readIntake: functionCall('read_intake', 2),
  postIntakes: functionCall('post_intakes', 6),
  failIntake: functionCall('fail_intake', 2),
  waitingIntakes: functionCall('waiting_intakes', 1),
  noteResent: functionCall('note_resent', 2),
  intakeDepth: functionCall('intake_depth', 0),
  beginReconciliation: functionCall('begin_reconciliation', 4),
  entriesToReconcile: functionCall('entries_to_reconcile', 5),
  recordReconciliation: functionCall('record_reconciliation', 13),
  readReconciliations: functionCall('read_reconciliations', 5),
  readReconciliationItems: functionCall('read_reconciliation_items', 5),
} as const satisfies Record<string, Statement>;
