// Text inside pictures that are not PNG: an XMP packet that holds the entries as JSON.
const ENTITIES: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
];
const escapeXml = (text: string): string => ENTITIES.reduce((t, [plain, coded]) => t.replaceAll(plain, coded), text);
const unescapeXml = (text: string): string =>
  ENTITIES.toReversed().reduce((t, [plain, coded]) => t.replaceAll(coded, plain), text);

/** An XMP packet that holds the entries. */
export function packXmp(entries: Readonly<Record<string, string>>): string {
  return (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    `xmlns:toroid="urn:toroid:"><toroid:entries>${escapeXml(JSON.stringify(entries))}</toroid:entries>` +
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
  );
}

/** The entries of a packet that `packXmp` made; empty for any other. */
export function unpackXmp(packet: string): Record<string, string> {
  const found = /<toroid:entries>([\s\S]*)<\/toroid:entries>/.exec(packet)?.[1];
  return found ? (JSON.parse(unescapeXml(found)) as Record<string, string>) : {};
}
