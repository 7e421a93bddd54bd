/** Unpacks the browser with its libraries and fonts into TMPDIR: `node unpack.mjs`. */
import chromium from '@sparticuz/chromium';

await chromium.executablePath();
