/** How to reach the leader of one shard, as one database role. */
export interface ShardConnection {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** A function is called for each new connection: IAM tokens live for fifteen minutes. */
  readonly password: string | (() => Promise<string>);
  readonly tls: boolean;
}
