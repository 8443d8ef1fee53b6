/** What an author is told of a plugin that is linked. */
export interface LinkNews {
  kind: 'linked' | 'reloaded' | 'refused' | 'note';
  text: string;
  plugin?: { id: number; name: string; version: number };
}
