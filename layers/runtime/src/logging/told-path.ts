import { isId } from '@atlas/domain';

/**
 * A request's path as far as it may be told: the route's own words, and ids. Anybody can ask for any path, and
 * what stands in the place of an id is not known to be one.
 */
export const toldPath = (route: string, path: string): string => {
  if (!route.includes('{')) return route;
  const asked = path.split('/');
  return route
    .split('/')
    .map((part, i) => {
      const given = asked[i];
      return part.startsWith('{') && given !== undefined && isId(given) ? given : part;
    })
    .join('/');
};
