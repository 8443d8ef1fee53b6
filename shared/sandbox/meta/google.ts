import type { RealmValues } from '../realm-values.ts';

/** The global `google`: the packages of Google's cloud, loaded when a plugin first touches one. */
export function createGoogle(require: (name: string) => unknown, realm: RealmValues): object {
  const load = realm.wrap('google.cloud', require);
  const cloud = {
    get bigquery() {
      return load('@google-cloud/bigquery');
    },
    get pubsub() {
      return load('@google-cloud/pubsub');
    },
  };
  return realm.object({ cloud: realm.object(cloud) });
}
