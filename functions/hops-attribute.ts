/** The attribute of a queue message that says how many captures have led to its events; none for none. */
export function hopsAttribute(hops = 0): { hops?: string } {
  return hops > 0 ? { hops: String(hops) } : {};
}

/** Reads it. What is no number is none: bodies come from anywhere, attributes from who may send to the queue. */
export function hopsOf(attributes: Record<string, { stringValue?: string | undefined }> | undefined): number {
  const text = attributes?.['hops']?.stringValue;
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : 0;
}
