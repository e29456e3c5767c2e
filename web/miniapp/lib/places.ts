// Which page shows what a line is about. A page that comes adds its kinds here, and every list leads to it.
const PAGES: Record<string, string> = {
  approval: '/pages/approval/approval',
  deal: '/pages/deal/deal',
  customer: '/pages/customer/customer',
  silent: '/pages/customer/customer',
  visit: '/pages/visit/visit',
};

/** The address of the page about this thing, "" while there is none. */
export function placeOf(kind: string, id: string): string {
  const page = PAGES[kind];
  return page && id ? `${page}?id=${id}` : '';
}
