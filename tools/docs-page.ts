import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** A part of Swagger UI, which must not end the element that it is put into. */
const part = (file: string, element: 'script' | 'style'): string => {
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const text = readFileSync(join(folder, file), 'utf8').replace(/\/[*/]# sourceMappingURL.*$/m, '');
  if (text.includes(`</${element}`)) throw new Error(`${file} would end its <${element}>`);
  return text;
};

/** Relative, because each stage of API Gateway has a path of its own before /v1. */
const start = `
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  queryConfigEnabled: false,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** The page of GET /v1/docs: Swagger UI (Apache-2.0) with everything that it needs inside. */
export const docsPage = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Atlas API</title>
<link rel="icon" href="data:,">
<style>${part('swagger-ui.css', 'style')}</style>
</head>
<body>
<div id="swagger-ui"></div>
<script>${part('swagger-ui-bundle.js', 'script')}</script>
<script>${start}</script>
</body>
</html>
`;
