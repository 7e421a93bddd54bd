import {
  type Asset,
  accepted,
  type CallContext,
  homePartition,
  type Outcome,
  type Page,
  type PageRequest,
  refused,
} from '@atlas/domain';
import type { Router } from './router.ts';
import { statements } from './statements.ts';

interface CreatedRow extends Record<string, unknown> {
  readonly scale: number;
  readonly created: boolean;
}

/**
 * Creates the asset on every shard. The tenant's home shard goes first and decides between two
 * writers who want different scales; whoever repeats a call that broke off completes it.
 */
export const createAsset = async (
  router: Router,
  tenant: string,
  asset: Asset,
  context: CallContext,
): Promise<Outcome<Asset>> => {
  const call = { deadline: context.deadline, effect: 'write' } as const;
  const values = [tenant, asset.code, asset.scale];
  const home = router.shardOf(homePartition(tenant));
  const [first] = await home.run<CreatedRow>(statements.createAsset, values, call);
  if (first === undefined) throw new Error('the asset function answered nothing');
  if (first.scale !== asset.scale) {
    return refused({
      code: 'asset-conflict',
      asset: asset.code,
      existingScale: first.scale,
    });
  }
  const others = router.shards.filter((shard) => shard !== home);
  await Promise.all(
    others.map((shard) => shard.run<CreatedRow>(statements.createAsset, values, call)),
  );
  return accepted({ code: asset.code, scale: asset.scale }, !first.created);
};

/** In code order, from the tenant's home shard; every shard has the same. */
export const listAssets = async (
  router: Router,
  tenant: string,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Asset>> => {
  const rows = await router
    .shardOf(homePartition(tenant))
    .run<{ code: string; scale: number }>(
      statements.readAssets,
      [tenant, page.after, page.limit + 1],
      { deadline: context.deadline, effect: 'read' },
    );
  const items = rows.slice(0, page.limit).map(({ code, scale }) => ({ code, scale }));
  return { items, next: rows.length > page.limit ? (items.at(-1)?.code ?? null) : null };
};
