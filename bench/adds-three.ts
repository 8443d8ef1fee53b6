/** A plugin that adds three properties, as its author writes it. */
export function addsThree(index: number): string {
  return `exports.processEvent = async function processEvent(event) {
    event.properties = event.properties || {};
    event.properties.plugin_${index}_text = 'added';
    event.properties.plugin_${index}_number = ${index};
    event.properties.plugin_${index}_flag = true;
    return event;
  };`;
}
