import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { chromiumFolder } from '../../localstack/paths.ts';
import { hasPinnedChromium, installChromium } from '../../localstack/toolchain/install.ts';

/** The pinned browser with the libraries and fonts beside it; elsewhere the one that is installed. */
const launchOptions = () =>
  hasPinnedChromium
    ? {
        executablePath: join(chromiumFolder, 'chromium'),
        env: {
          ...(process.env as Record<string, string>),
          LD_LIBRARY_PATH: join(chromiumFolder, 'al2023', 'lib'),
          FONTCONFIG_FILE: join(chromiumFolder, 'fonts.conf'),
        },
      }
    : { executablePath: 'chromium' };

/** Headless Chromium. Root may not use its sandbox, and it only sees pages of this machine. */
export const launchBrowser = async (): Promise<Browser> => {
  await installChromium();
  return chromium.launch({ ...launchOptions(), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
};
