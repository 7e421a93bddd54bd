/** Three capital letters: what a currency's code of ISO 4217 looks like. */
const currencyForm = /^[A-Z]{3}$/;

/** What stands for every asset that is no currency. */
export const otherAsset = 'other';

/**
 * The label of an asset. Tenants name their assets, so only what everybody knows may be a label: the code of a
 * currency of ISO 4217. There are some three hundred, old ones included.
 */
export const assetLabel = (code: string, currencies: ReadonlySet<string>): string =>
  currencyForm.test(code) && currencies.has(code) ? code : otherAsset;
