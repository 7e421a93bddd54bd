import { type ApiDocument, operationsOf, type Place, resolved } from './api-document.ts';

const parametersOf = (path: string): readonly string[] => path.match(/(?<=\{)\w+/g) ?? [];

const membersOf = (document: ApiDocument, { operation }: Place, status: string) => {
  const schema = operation.responses[status]?.content['application/json']?.schema;
  return schema === undefined ? {} : (resolved(document, schema).properties ?? {});
};

/**
 * Links from what an operation creates or changes to the operations that take its id: an answer that
 * has an `accountId` leads to everything below `/v1/accounts/{accountId}`.
 */
export const addLinks = (document: ApiDocument): void => {
  const all = operationsOf(document);
  for (const place of all) {
    for (const [status, response] of Object.entries(place.operation.responses)) {
      if (status !== '201') continue;
      const members = membersOf(document, place, status);
      const followers = all.filter(({ path }) => {
        const [parameter, ...more] = parametersOf(path);
        return parameter !== undefined && parameter in members && more.length === 0;
      });
      if (followers.length === 0) continue;
      response.links = Object.fromEntries(
        followers.map(({ path, operation: { operationId, summary } }) => {
          const [parameter = ''] = parametersOf(path);
          const parameters = { [parameter]: `$response.body#/${parameter}` };
          return [operationId, { operationId, parameters, description: summary }];
        }),
      );
    }
  }
};
