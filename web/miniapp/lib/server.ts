/**
 * Where the product lives: https, and on the list of the mini-program's request, upload and download domains. The build puts the address of
 * CRM_SERVER in this one's place.
 */
export const SERVER = 'https://crm.example.com';
