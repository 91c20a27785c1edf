import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Express } from 'express';

/**
 * `/openapi.json`, and Swagger UI at `/docs` from files of our own: no script in the page, nothing from outside.
 * The document is made when it is first asked for: it takes a tenth of a start.
 */
export function mountDocs(app: Express, makeDocument: () => object): void {
  const files = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  let text: string | undefined;
  app.get('/openapi.json', (_request, response) => {
    text ??= JSON.stringify(makeDocument());
    response.type('application/json').send(text);
  });
  app.get('/docs', (_request, response) => {
    response.type('html').send(page);
  });
  app.get('/docs/initialize.js', (_request, response) => {
    response.type('text/javascript').send(initialize);
  });
  for (const name of pageFiles) {
    app.get(`/docs/${name}`, (_request, response) => {
      response.sendFile(join(files, name), { maxAge: '1h' });
    });
  }
}

// Not the whole package: its own index page would load an example from elsewhere.
const pageFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pagekeeper API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="documentation"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/initialize.js"></script>
</body>
</html>
`;

const initialize = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#documentation', deepLinking: true, validatorUrl: null });
`;
