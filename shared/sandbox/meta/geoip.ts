import type { PendingWork } from '../pending-work.ts';
import type { RealmValues } from '../realm-values.ts';
import type { Services } from '../services.ts';

const UNAVAILABLE = 'IP location capabilities are not available in this PostHog instance!';

/** Where addresses are, asked for once per batch; what is asked for together travels together. */
export interface Locator {
  /** JSON text of a City; null for an address that is unknown or none. */
  locate(ip: string): Promise<string | null>;
  forget(): void;
}

export function createLocator(services: Pick<Services, 'call' | 'problemWith'>, work: PendingWork): Locator {
  const known = new Map<string, Promise<string | null>>();
  let asked: { ip: string; answer: (city: string | null) => void; fail: (error: unknown) => void }[] = [];

  const askParent = () => {
    const batch = asked;
    asked = [];
    const asking = services
      .call(
        'geoip.locate',
        batch.map(({ ip }) => ip),
      )
      .then(
        (cities) => batch.forEach(({ answer }, index) => answer(cities[index] ?? null)),
        (error: unknown) => batch.forEach(({ fail }) => fail(error)),
      );
    void work.track(asking);
  };

  return {
    async locate(ip) {
      if (services.problemWith('geoip.locate') !== null) throw new Error(UNAVAILABLE);
      let city = known.get(ip);
      if (city === undefined) {
        city = new Promise<string | null>((answer, fail) => {
          if (asked.length === 0) setImmediate(askParent);
          asked.push({ ip, answer, fail });
        });
        known.set(ip, city);
      }
      return city;
    },
    forget: () => known.clear(),
  };
}

/** `meta.geoip`. */
export function createGeoip(locator: Locator, realm: RealmValues): object {
  return realm.object({
    locate: realm.method('geoip.locate', async (ip: unknown) => {
      const city = await locator.locate(typeof ip === 'string' ? ip : '');
      return city === null ? null : realm.parse(city);
    }),
  });
}
