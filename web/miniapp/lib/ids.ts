/** Names a write before it is sent, so that a second sending is known as the same. */
export async function newKey(): Promise<string> {
  const { randomValues } = await wx.getRandomValues({ length: 16 });
  return Array.from(new Uint8Array(randomValues), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
