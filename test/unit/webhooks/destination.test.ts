import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../functions/services/public-address.ts';
import {
  type DestinationRules,
  pinDestination,
  refusalOfUrl,
} from '../../../functions/services/webhook-destination.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'example.com': ['93.184.215.14'],
  'both.example': ['93.184.215.14', '10.0.0.1'],
  'inside.example': ['10.1.2.3'],
  'metadata.example': ['169.254.169.254'],
  'six.example': ['2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'mapped.example': ['::ffff:127.0.0.1'],
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'empty.example': [],
};

const rules = (trusted: readonly string[] = []): DestinationRules => ({
  trusted,
  resolve: async (name) => {
    const addresses = names[name];
    if (addresses === undefined) throw new Error(`no such name: ${name}`);
    return addresses;
  },
});

/** Forms in which somebody might write, or hide, an address that is none of his business. */
const inside = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '0177.0x0.1',
  '0',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.42.16.7',
  '012.0.0.1',
  '167772161',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '0xc0a80101',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '100.64.0.1',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '１２７.０.０.１',
  '127。0。0。1',
  '127.0.0.1.',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::ffff:0:10.0.0.1]',
  '[0:0:0:0:0:ffff:7f00:1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[2001:db8::1]',
  '[100::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'inside.example',
  'metadata.example',
  'mapped.example',
  'both.example',
];

/** The list of refused prefixes that somebody would write first. */
const naive = (text: string): boolean =>
  !/^(localhost$|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[?::1)/.test(text);

describe('the guard of destinations', () => {
  it.each(inside)('refuses https://%s', async (host) => {
    expect(await refusalOfUrl(`https://${host}/hook`, rules())).toBe('address');
    expect(await refusalOfUrl(`https://${host}:8443/hook`, rules())).toBe('address');
  });

  it.each(inside)('pins nothing for https://%s', async (host) => {
    await expect(pinDestination(`https://${host}/`, rules())).rejects.toThrow('address');
  });

  it('knows more of them than a list of prefixes does', () => {
    expect(inside.length).toBeGreaterThan(30);
    expect(inside.filter(naive).length).toBeGreaterThan(30);
  });

  it.each([
    ['https://example.com/hook', null],
    ['https://example.com:8443/', null],
    ['https://EXAMPLE.com', null],
    ['https://six.example/', null],
    ['https://93.184.215.14/', null],
    ['https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/', null],
    ['http://example.com/', 'scheme'],
    ['ftp://example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://example.com/', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['https://user@example.com/', 'credentials'],
    ['https://user:password@example.com/', 'credentials'],
    ['https://example.com@10.0.0.1/', 'credentials'],
    ['https://no-such.example/', 'unresolvable'],
    ['https://empty.example/', 'unresolvable'],
    ['https://', 'malformed'],
    ['https://1.2.3.4.5/', 'malformed'],
    ['https://256.0.0.1/', 'malformed'],
    ['https://[::1/', 'malformed'],
    ['/hook', 'malformed'],
    ['', 'malformed'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'malformed'],
  ] as const)('says of %s: %s', async (url, expected) => {
    expect(await refusalOfUrl(url, rules())).toBe(expected);
  });

  it('lets what the stage trusts through, and what it does not trust no further', async () => {
    const trusting = rules(['127.0.0.1']);
    expect(await refusalOfUrl('http://127.0.0.1:8080/', trusting)).toBeNull();
    expect(await refusalOfUrl('http://127.0.0.2:8080/', trusting)).toBe('address');
    expect(await refusalOfUrl('http://localhost:8080/', trusting)).toBe('address');
    expect(await refusalOfUrl('http://example.com/', trusting)).toBe('scheme');
    expect(await refusalOfUrl('https://10.0.0.1/', trusting)).toBe('address');
    expect(await refusalOfUrl('http://127.0.0.1:8080/', rules())).toBe('scheme');
  });

  it('takes nothing for an address that is none', () => {
    for (const text of ['', 'example.com', '1.2.3', '300.1.1.1', '::g']) {
      expect([text, isPublicAddress(text)]).toEqual([text, false]);
    }
    expect(isPublicAddress('fe80::1%eth0')).toBe(false);
    expect(isPublicAddress('8.8.8.8')).toBe(true);
  });

  it('hands out what it has checked, however often it is asked, in both forms', async () => {
    let asked = 0;
    const rebinding: DestinationRules = {
      trusted: [],
      resolve: async () => {
        asked += 1;
        return [asked === 1 ? '93.184.215.14' : '127.0.0.1'];
      },
    };
    const { lookup } = await pinDestination('https://rebinding.example/', rebinding);
    const one = await new Promise((resolve) => {
      lookup('rebinding.example', {}, (_error, address, family) => resolve([address, family]));
    });
    const all = await new Promise((resolve) => {
      lookup('rebinding.example', { all: true }, (_error, addresses) => resolve(addresses));
    });
    expect(one).toEqual(['93.184.215.14', 4]);
    expect(all).toEqual([{ address: '93.184.215.14', family: 4 }]);
    expect(asked).toBe(1);
  });
});
